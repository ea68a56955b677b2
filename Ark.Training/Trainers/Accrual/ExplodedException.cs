namespace Ark.Training;

/// <summary>A step was not taken because its loss or its gradient is not finite; networks and optimiser are as they were before it.</summary>
internal sealed class ExplodedException(double task, double consistency, double gradientNorm)
    : Exception(FormattableString.Invariant($"task loss {task}, consistency loss {consistency}, gradient norm {gradientNorm}"));
