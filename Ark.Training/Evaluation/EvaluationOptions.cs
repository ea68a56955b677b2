using Ark.Data;
using Ark.Inference;
using Ark.Models;

namespace Ark.Evaluation;

/// <summary>How a split is read.</summary>
public sealed record EvaluationOptions
{
    /// <summary>The split.</summary>
    /// <value>The default is <see cref="DatasetSplit.Test"/>.</value>
    public DatasetSplit Split { get; init; } = DatasetSplit.Test;

    /// <summary>
    /// Views of an image whose probabilities are averaged: 1 (centre crop) or 10 (four corners, centre, and their mirror images).
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

    /// <summary>What happens when an image cannot be read.</summary>
    /// <value>The default is <see cref="BadImagePolicy.Stop"/>.</value>
    public BadImagePolicy BadImages { get; init; }

    /// <summary>
    /// Answers each label from all heads that were trained on the same finding, by whatever name, and combines them so. For datasets that
    /// the model has no head for. Labels that no head was trained on are not reported.
    /// </summary>
    /// <value>The default is <see langword="null"/>: the dataset's own head answers.</value>
    public HeadCombination? AcrossHeads { get; init; }

    /// <summary>The labels to report.</summary>
    /// <value>The default is <see langword="null"/>: the dataset's test labels, or all.</value>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Threshold and intervals.</summary>
    /// <value>The default is a threshold of 0.5 and no intervals.</value>
    public ScoringOptions Scoring { get; init; } = new();

    /// <summary>Columns of metadata by which images are grouped and compared.</summary>
    /// <value>The default is none.</value>
    public IReadOnlyList<GroupColumn> Groups { get; init; } = [];
}
