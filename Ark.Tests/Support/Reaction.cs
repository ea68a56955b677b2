using Ark.Training;

namespace Ark.Tests;

/// <summary>Does something at every report of a run, on the run's own thread.</summary>
internal sealed class Reaction(Action<TrainingProgress> react) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => react(value);

    /// <summary>Ends the run as a kill does, without giving it the chance to save anything, when so many passes and epochs have been reported.</summary>
    public static Reaction KillAfterMessages(int messages)
    {
        var seen = 0;
        return new Reaction(p =>
        {
            if (p.Message is not null && !p.IsWarning && ++seen == messages) throw new KilledException();
        });
    }

    /// <summary>Ends the run as a kill does at the first report of a kind.</summary>
    public static Reaction KillAtFirst(Func<TrainingProgress, bool> isIt) => new(p =>
    {
        if (isIt(p)) throw new KilledException();
    });

    internal sealed class KilledException : Exception;
}
