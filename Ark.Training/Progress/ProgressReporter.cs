using System.Diagnostics;

namespace Ark.Training;

/// <summary>
/// Turns what a session does into progress for its caller, a few times a second, with an estimate of the time that is left.
/// </summary>
internal sealed class ProgressReporter(IProgress<TrainingProgress>? progress)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private TimeSpan _last = -Interval;
    private TimeSpan _begun;
    private int _epochs;
    private long _stepsInAll;
    private long _stepsAtStart;
    private long _steps;

    /// <summary>Whether enough time has passed for another report.</summary>
    public bool IsDue => progress is not null && _watch.Elapsed - _last >= Interval;

    /// <summary>Steps of the trials before the one whose steps are reported.</summary>
    public long StepsBefore { get; set; }

    public void Begin(int epochs, long stepsInAll, long stepsDone)
    {
        (_epochs, _stepsInAll, _stepsAtStart, _steps) = (epochs, stepsInAll, stepsDone, stepsDone);
        _begun = _watch.Elapsed;
    }

    public void Report(TrainingPhase phase, int epoch, string? dataset, int step, int steps, long stepsDone,
        double? taskLoss = null, double? consistencyLoss = null, double? learningRate = null, double? imagesPerSecond = null,
        string? message = null)
    {
        // A line for the log puts no status off.
        if (message is null) _last = _watch.Elapsed;
        _steps = StepsBefore + stepsDone;
        progress?.Report(new TrainingProgress
        {
            Phase = phase,
            Epoch = epoch,
            Epochs = _epochs,
            Dataset = dataset,
            Step = step,
            Steps = steps,
            TaskLoss = taskLoss,
            ConsistencyLoss = consistencyLoss,
            LearningRate = learningRate,
            ImagesPerSecond = imagesPerSecond,
            Elapsed = _watch.Elapsed,
            Remaining = Remaining(),
            Message = message,
        });
    }

    public void Message(string text, bool warning = false, TrainingPhase phase = TrainingPhase.Training) =>
        progress?.Report(new TrainingProgress
        {
            Phase = phase,
            Epochs = _epochs,
            Elapsed = _watch.Elapsed,
            Remaining = Remaining(),
            Message = text,
            IsWarning = warning,
        });

    // Validation and tests are part of the time that the steps so far took, and so of the estimate.
    private TimeSpan? Remaining() =>
        _steps == _stepsAtStart ? null : (_watch.Elapsed - _begun) / (_steps - _stepsAtStart) * Math.Max(0, _stepsInAll - _steps);
}
