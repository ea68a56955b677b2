using Ark.Data;

namespace Ark.Training;

/// <summary>How a split is read.</summary>
public sealed record EvaluationOptions
{
    /// <summary>The split.</summary>
    /// <value>The default is <see cref="DatasetSplit.Test"/>.</value>
    public DatasetSplit Split { get; init; } = DatasetSplit.Test;

    /// <summary>Views of an image whose probabilities are averaged: 1 (centre crop) or 10 (four corners, centre, and their mirror images).</summary>
    /// <value>The default is 1.</value>
    public int Crops { get; init; } = 1;

    /// <summary>Images of a batch.</summary>
    /// <value>The default is 32.</value>
    public int BatchSize { get; init; } = 32;

    /// <summary>Threads that prepare images.</summary>
    /// <value>The default is 2.</value>
    public int Workers { get; init; } = 2;

    /// <summary>What happens when an image cannot be read.</summary>
    /// <value>The default is <see cref="BadImagePolicy.Stop"/>.</value>
    public BadImagePolicy BadImages { get; init; }
}
