using Ark.Training;

namespace Ark.Tests;

/// <summary>Does something at every report of a run, on the run's own thread.</summary>
internal sealed class Reaction(Action<TrainingProgress> react) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => react(value);

    /// <summary>
    /// Ends the run as a kill does, without giving it the chance to save anything, when so many passes and epochs have ended.
    /// </summary>
    public static Reaction KillAfterEnds(int ends)
    {
        var seen = 0;
        return KillAtFirst(p => (IsPassEnd(p) || IsEpochEnd(p)) && ++seen == ends);
    }

    /// <summary>Ends the run as a kill does at the first report of a kind.</summary>
    public static Reaction KillAtFirst(Func<TrainingProgress, bool> isIt) => new(p =>
    {
        if (isIt(p)) throw new KilledException();
    });

    /// <summary>Whether a pass has ended, in a run that logs no steps; its state is saved then.</summary>
    public static bool IsPassEnd(TrainingProgress progress) =>
        progress is { Message: not null, Phase: TrainingPhase.Training, Dataset: not null } && progress.Step == progress.Steps;

    /// <summary>Whether an epoch has ended, with validation; its state is saved then.</summary>
    public static bool IsEpochEnd(TrainingProgress progress) => progress is { Phase: TrainingPhase.Validating, Dataset: null, Epoch: > 0 };

    internal sealed class KilledException : Exception;
}
