using Ark.Evaluation;

namespace Ark.Training;

/// <summary>What a finished segmentation training came to.</summary>
public sealed record SegmentationResult
{
    /// <summary>Figures on test, of the weights with the lowest validation loss, and of masks as the network finds them.</summary>
    public required SegmentationEvaluation Test { get; init; }

    /// <summary>The pass, from 1, that these weights are from.</summary>
    public required int BestEpoch { get; init; }

    /// <summary>Passes that were made.</summary>
    public required int Epochs { get; init; }

    /// <summary>The lowest validation loss.</summary>
    public required double ValidationLoss { get; init; }

    /// <summary>The checkpoint of these weights.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>Images that could not be read, or whose masks could not, and were left out; each with its reason.</summary>
    public required IReadOnlyList<string> SkippedImages { get; init; }

    /// <summary>Wall-clock time of this process's part of the run.</summary>
    public required TimeSpan Duration { get; init; }
}
