using Ark.Data;
using Ark.Models;

namespace Ark.Inference;

/// <summary>How an <see cref="ImagePredictor"/> reads images, and what it answers.</summary>
public sealed record PredictionOptions
{
    /// <summary>The one head to report.</summary>
    /// <value>The default is <see langword="null"/>: all heads.</value>
    public string? Head { get; init; }

    /// <summary>
    /// Findings to answer from every head that was trained on them, by whatever name; see <see cref="ImagePrediction.Findings"/>.
    /// </summary>
    /// <value>The default is none.</value>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>How several heads become one answer for a finding.</summary>
    /// <value>The default is <see cref="HeadCombination.Mean"/>.</value>
    public HeadCombination Combination { get; init; }

    /// <summary>Corrects the probabilities of the heads that it knows.</summary>
    /// <value>The default is <see langword="null"/>: none.</value>
    public Calibration? Calibration { get; init; }

    /// <summary>
    /// Views of an image whose probabilities are averaged: 1 (center crop) or 10 (four corners, center, and their mirror images).
    /// </summary>
    /// <value>The default is 1.</value>
    public int Crops { get; init; } = 1;

    /// <summary>Views of a batch: of ten crops, a tenth as many images go through the network at once.</summary>
    /// <value>The default is 32.</value>
    public int BatchSize { get; init; } = 32;

    /// <summary>Threads that prepare images.</summary>
    /// <value>The default is 2.</value>
    public int Workers { get; init; } = 2;

    /// <summary>The arithmetic of the network.</summary>
    /// <value>The default, <see langword="null"/>, is the one that the model was loaded for.</value>
    public InferencePrecision? Precision { get; init; }

    /// <summary>What happens when an image cannot be read: the whole stream ends, or the image's own prediction says why.</summary>
    /// <value>The default is <see cref="BadImagePolicy.Stop"/>.</value>
    public BadImagePolicy BadImages { get; init; }
}
