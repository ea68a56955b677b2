using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>Feature vectors with their targets.</summary>
/// <param name="Features"><c>[N, D]</c>, float32.</param>
/// <param name="Targets"><c>[N, K]</c>, float32, NaN missing.</param>
internal sealed record FeatureTable(Tensor Features, Tensor Targets) : IDisposable
{
    public void Dispose()
    {
        Features.Dispose();
        Targets.Dispose();
    }
}
