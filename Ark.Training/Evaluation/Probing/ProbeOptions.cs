using Ark.Data;
using Ark.Inference;
using Ark.Models;

namespace Ark.Evaluation;

/// <summary>How features are probed.</summary>
public sealed record ProbeOptions
{
    /// <summary>L2 penalties to choose from, on the mean loss: scikit-learn's <c>C</c> is 1 / (penalty × images).</summary>
    /// <value>The default is six from 0.00001 to 1.</value>
    public IReadOnlyList<double> Penalties { get; init; } = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];

    /// <summary>Numbers of images of each class to learn from, for the few-shot curve.</summary>
    /// <value>The default is none: the whole training split alone.</value>
    public IReadOnlyList<int> Shots { get; init; } = [];

    /// <summary>Draws for each number of images, at least 1.</summary>
    /// <value>The default is 10.</value>
    public int Repeats { get; init; } = 10;

    /// <summary>What draws, replicates and untrained weights come from.</summary>
    /// <value>The default is 0.</value>
    public ulong Seed { get; init; }

    /// <summary>Bootstrap replicates for intervals and comparisons; 0 for none.</summary>
    /// <value>The default is 1,000.</value>
    public int Replicates { get; init; } = 1000;

    /// <summary>Images of a batch.</summary>
    /// <value>The default is 32.</value>
    public int BatchSize { get; init; } = 32;

    /// <summary>Threads that prepare images.</summary>
    /// <value>The default is 2.</value>
    public int Workers { get; init; } = 2;

    /// <summary>The arithmetic of the networks.</summary>
    /// <value>The default, <see langword="null"/>, is the one that each model was loaded for.</value>
    public InferencePrecision? Precision { get; init; }

    /// <summary>What happens when an image cannot be read.</summary>
    /// <value>The default is <see cref="BadImagePolicy.Stop"/>.</value>
    public BadImagePolicy BadImages { get; init; }

    internal ReadingOptions Reading => new() { BatchSize = BatchSize, Workers = Workers, BadImages = BadImages };
}
