using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Makes parameters and layers that hold zeros, so that nothing is drawn before <see cref="Initialization"/> runs, or a file is loaded.
/// </summary>
internal static class Layers
{
    public const double Epsilon = 1e-5;

    [ThreadStatic]
    private static bool t_unfilled;

    public static Parameter Parameter(Device? device, params long[] shape)
    {
        var tensor = HugePages.Empty(device, shape);
        if (!t_unfilled) tensor.zero_().Dispose();
        return Owned(nn.Parameter(tensor));
    }

    /// <summary>
    /// Builds a network whose parameters hold anything at all: its caller fills every one. Writing zeros first takes as long as reading the
    /// file.
    /// </summary>
    public static T Unfilled<T>(Func<T> build)
    {
        t_unfilled = true;
        try
        {
            return build();
        }
        finally
        {
            t_unfilled = false;
        }
    }

    public static Linear Linear(int inputs, int outputs, bool bias, Device? device) =>
        nn.Linear(Parameter(device, outputs, inputs), bias ? Parameter(device, outputs) : null);

    public static LayerNorm Norm(int channels, Device? device) =>
        nn.LayerNorm(channels, Epsilon, device: device, dtype: ScalarType.Float32);

    /// <summary>
    /// The layer in the precision of what goes in: parameters are cast where they differ, and their gradients are cast back.
    /// </summary>
    public static Tensor Apply(this Linear layer, Tensor input)
    {
        if (input.dtype == layer.weight.dtype) return layer.forward(input);
        using var scope = NewDisposeScope();
        return nn.functional.linear(input, layer.weight.to(input.dtype), layer.bias?.to(input.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>The tensor in a lower precision; float32 stands for whatever type it has.</summary>
    public static Tensor In(this Tensor tensor, ScalarType precision) => precision == ScalarType.Float32 ? tensor : tensor.to(precision);

    /// <summary>Takes a tensor out of the caller's dispose scope: a module owns its state whatever scope it was built in.</summary>
    public static T Owned<T>(T tensor) where T : Tensor
    {
        tensor.DetachFromDisposeScope();
        return tensor;
    }
}
