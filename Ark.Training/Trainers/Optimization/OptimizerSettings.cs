namespace Ark.Training;

/// <summary>The optimiser and its constants.</summary>
internal sealed record OptimizerSettings
{
    public required OptimizerKind Kind { get; init; }

    public double Momentum { get; init; } = 0.9;

    public double WeightDecay { get; init; }

    public double Epsilon { get; init; } = 1e-8;

    public double Beta1 { get; init; } = 0.9;

    public double Beta2 { get; init; } = 0.999;

    /// <summary>Published: weight decay acts on the relative position bias tables too.</summary>
    public bool DecayRelativePositionBias { get; init; }

    /// <summary>What a parameter's rate is of the learning rate, by its name; <see langword="null"/> for the same everywhere.</summary>
    public Func<string, double>? RateScale { get; init; }
}
