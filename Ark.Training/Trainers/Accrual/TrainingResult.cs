using Ark.Evaluation;

namespace Ark.Training;

/// <summary>What a finished run came to.</summary>
public sealed record TrainingResult
{
    /// <summary>
    /// Test figures of student and teacher at the end of the run, in the order of the datasets; none of
    /// <see cref="TrainingRecipe.SimMim"/>.
    /// </summary>
    public required IReadOnlyList<DatasetEvaluation> Evaluations { get; init; }

    /// <summary>Test figures of a logistic regression on 32 × 32 pixels; empty where it was switched off.</summary>
    public required IReadOnlyList<DatasetEvaluation> PixelBaselines { get; init; }

    /// <summary>The lowest validation loss of the run.</summary>
    public double ValidationLoss { get; init; }

    /// <summary>The epoch of that loss, from 1, of which the best checkpoint is.</summary>
    public int BestEpoch { get; init; }

    /// <summary>Resident memory at the end of each epoch.</summary>
    internal IReadOnlyList<MemoryReading> Memory { get; init; } = [];

    /// <summary>Images that could not be read and were left out, each with its reason.</summary>
    public required IReadOnlyList<string> SkippedImages { get; init; }

    /// <summary>Wall-clock time of this process's part of the run.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>
    /// The states that could not be read when the run went on, and the one that was used; <see langword="null"/> where the last one was
    /// whole.
    /// </summary>
    internal string? PassedOver { get; init; }

    /// <summary>The run directory, where there is one.</summary>
    public string? Directory { get; init; }
}
