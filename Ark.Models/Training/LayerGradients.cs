using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>The memory of a layer's gradients, which are made where there are none. The layer keeps them alive.</summary>
internal readonly struct LayerGradients
{
    /// <param name="weight">The weight.</param>
    /// <param name="bias">The bias; <see langword="null"/> where the layer has none.</param>
    /// <param name="zero">Whether the gradient of the weight, where it is made, holds zeros, and is added to.</param>
    public LayerGradients(Parameter weight, Parameter? bias, bool zero = false)
    {
        (Weight, Adds) = Of(weight, zero);
        if (bias is not null) (Bias, _) = Of(bias, zero: true);
    }

    public NativeRegion Weight { get; }

    /// <summary>Holds zeros where there was none, and is always added to.</summary>
    public NativeRegion Bias { get; }

    /// <summary>Whether the gradient of the weight is added to; else it is written.</summary>
    public bool Adds { get; }

    /// <summary>The memory of a parameter's gradient, and whether it is to be added to.</summary>
    public static (NativeRegion Memory, bool Adds) Of(Parameter parameter, bool zero)
    {
        using var there = parameter.grad;
        if (there is not null && TensorMemory.IsDense(there)) return (NativeRegion.Of(there), true);
        using var made = there?.contiguous() ?? (zero ? zeros_like(parameter) : empty_like(parameter));
        parameter.grad = made;
        return (NativeRegion.Of(made), zero || there is not null);
    }
}
