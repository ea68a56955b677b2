using TorchSharp.Modules;

namespace Ark.Models;

/// <summary>The memory of a layer's weight and bias, which the layer keeps alive.</summary>
internal readonly struct LayerWeights(Parameter weight, Parameter? bias)
{
    public NativeRegion Weight { get; } = NativeRegion.Of(weight);

    /// <summary>None where the layer has none.</summary>
    public NativeRegion Bias { get; } = bias is null ? default : NativeRegion.Of(bias);
}
