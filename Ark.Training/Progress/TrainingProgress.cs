namespace Ark.Training;

/// <summary>A moment of a training run, for a person or a monitor to see.</summary>
public sealed record TrainingProgress
{
    /// <summary>What the run is doing.</summary>
    public required TrainingPhase Phase { get; init; }

    /// <summary>The current pass over all datasets, from 1; 0 before the first.</summary>
    public int Epoch { get; init; }

    /// <summary>Passes over all datasets.</summary>
    public int Epochs { get; init; }

    /// <summary>The dataset at hand.</summary>
    public string? Dataset { get; init; }

    /// <summary>Finished steps of the current phase on the dataset.</summary>
    public int Step { get; init; }

    /// <summary>Steps of the current phase on the dataset.</summary>
    public int Steps { get; init; }

    /// <summary>Mean task loss of the pass so far.</summary>
    public double? TaskLoss { get; init; }

    /// <summary>Mean consistency loss of the pass so far.</summary>
    public double? ConsistencyLoss { get; init; }

    /// <summary>The learning rate.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Images per second of the current phase.</summary>
    public double? ImagesPerSecond { get; init; }

    /// <summary>Time since the run began.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Estimated time until the run ends.</summary>
    public TimeSpan? Remaining { get; init; }

    /// <summary>
    /// A line for the log: a finished pass or epoch, a step that is to be logged, a warning. Where a pass has ended, <see cref="Step"/> is
    /// <see cref="Steps"/>; where an epoch has, <see cref="Phase"/> is <see cref="TrainingPhase.Validating"/> and <see cref="Dataset"/> is
    /// <see langword="null"/>.
    /// </summary>
    public string? Message { get; init; }

    /// <summary>Whether <see cref="Message"/> deserves attention.</summary>
    public bool IsWarning { get; init; }
}
