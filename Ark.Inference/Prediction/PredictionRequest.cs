using Ark.Models;

namespace Ark.Inference;

/// <summary>What is wanted of predictions.</summary>
internal sealed record PredictionRequest
{
    public ReadingOptions Reading { get; init; } = new();

    public InferencePrecision Precision { get; init; }

    /// <summary>The one head to report; <see langword="null"/> for all.</summary>
    public string? Head { get; init; }

    /// <summary>Findings to answer for from all heads that know them.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    public HeadCombination Combination { get; init; }

    public Calibration? Calibration { get; init; }
}
