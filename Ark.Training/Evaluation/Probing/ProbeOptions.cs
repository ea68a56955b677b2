namespace Ark.Evaluation;

/// <summary>How features are probed.</summary>
internal sealed record ProbeOptions
{
    /// <summary>L2 penalties to choose from, on the mean loss: scikit-learn's <c>C</c> is 1 / (penalty × images).</summary>
    public IReadOnlyList<double> Penalties { get; init; } = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1];

    /// <summary>Images of each class to learn from; empty for the whole training split alone.</summary>
    public IReadOnlyList<int> Shots { get; init; } = [];

    /// <summary>Draws for each number of images.</summary>
    public int Repeats { get; init; } = 10;

    /// <summary>What the draws come from.</summary>
    public ulong Seed { get; init; }

    /// <summary>Bootstrap replicates for intervals and comparisons.</summary>
    public int Replicates { get; init; } = 1000;
}
