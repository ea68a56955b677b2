namespace Ark.Training;

/// <summary>A step was not taken because its loss or its gradient is not finite; the weights are as they were before it.</summary>
internal sealed class DivergedException(IReadOnlyList<double> losses, double gradientNorm) : Exception(Describe(losses, gradientNorm))
{
    private static string Describe(IReadOnlyList<double> losses, double gradientNorm) => losses.Count > 1
        ? FormattableString.Invariant($"task loss {losses[0]}, consistency loss {losses[1]}, gradient norm {gradientNorm}")
        : FormattableString.Invariant($"loss {losses[0]}, gradient norm {gradientNorm}");
}
