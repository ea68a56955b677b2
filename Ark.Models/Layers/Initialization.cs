using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Fills fresh parameters as the original does, drawing in the original's order: with the same seed on the CPU the values are the
/// original's.
/// </summary>
internal static class Initialization
{
    private const double Deviation = 0.02;

    /// <summary>PyTorch's default for a matrix or convolution and its bias: uniform within ±1/√(fan in).</summary>
    public static void Default(Tensor weight, Tensor? bias, Generator? generator)
    {
        using var _ = no_grad();
        var fanIn = weight.NumberOfElements / weight.shape[0];
        var bound = Math.Sqrt(3.0) * (Math.Sqrt(2.0 / (1 + Math.Pow(Math.Sqrt(5), 2))) / Math.Sqrt(fanIn));
        weight.uniform_(-bound, bound, generator);
        bias?.uniform_(-1 / Math.Sqrt(fanIn), 1 / Math.Sqrt(fanIn), generator);
    }

    /// <inheritdoc cref="Default(Tensor, Tensor?, Generator?)"/>
    public static void Default(Linear layer, Generator? generator) => Default(layer.weight, layer.bias, generator);

    /// <summary>A normal distribution of deviation 0.02 around 0.</summary>
    public static void TruncatedNormal(Tensor tensor, Generator? generator)
    {
        using var _ = no_grad();
        tensor.uniform_(-1, 1, generator);
        // The inverse error function makes the uniform draw normal. A draw of exactly -1, about one in 2^24, would become minus infinity,
        // which the original cuts to -2, a hundred deviations out; every other draw lies within six.
        using var low = (-6 * Deviation).ToScalar();
        using var high = (6 * Deviation).ToScalar();
        tensor.erfinv_().TimesInPlace(Deviation * Math.Sqrt(2.0)).clamp_(low, high);
    }

    /// <summary>
    /// Redraws every linear layer under a module, in the order in which the modules were registered, as timm's <c>apply</c> does.
    /// </summary>
    public static void RedrawLinears(nn.Module module, Generator? generator)
    {
        foreach (var (_, child) in module.named_children()) RedrawLinears(child, generator);
        if (module is not Linear layer) return;
        TruncatedNormal(layer.weight, generator);
        if (layer.bias is null) return;
        using var _ = no_grad();
        nn.init.zeros_(layer.bias);
    }
}
