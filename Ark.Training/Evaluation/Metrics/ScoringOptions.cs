using System.ComponentModel.DataAnnotations;

namespace Ark.Evaluation;

/// <summary>How predictions are scored.</summary>
public sealed record ScoringOptions
{
    /// <summary>
    /// The probability from which a label is called present; accuracy, MCC, F1, sensitivity and specificity of independent labels depend on
    /// it.
    /// </summary>
    /// <value>The default is 0.5.</value>
    [Range(0.0, 1)]
    public double Threshold { get; init; } = 0.5;

    /// <summary>Bootstrap replicates for the 95 % intervals; 0 for none.</summary>
    /// <value>The default is 0.</value>
    [Range(0, 1_000_000)]
    public int Replicates { get; init; }

    /// <summary>What the replicates are drawn from.</summary>
    /// <value>The default is 42.</value>
    public ulong Seed { get; init; } = 42;
}
