namespace Ark.Training;

/// <summary>How the learning rate goes down after its warm-up; the names and formulas are timm's.</summary>
public enum ScheduleKind
{
    /// <summary>Along half a cosine.</summary>
    Cosine,

    /// <summary>By a factor every so many epochs.</summary>
    Step,

    /// <summary>Along a hyperbolic tangent.</summary>
    Tanh,

    /// <summary>As a power of what is left; the power is <see cref="OptimizationOptions.DecayRate"/>.</summary>
    Poly,
}
