using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// What packing rests on: parameters on the CPU, in single precision, of the shapes that the model's configuration gives. They are read
/// through bare addresses, so nothing else may come here.
/// </summary>
internal static class SinglePrecision
{
    /// <summary>
    /// Whether a model's parameters can be packed; where they cannot, on another device or of another type, the plain operators run.
    /// </summary>
    /// <exception cref="ArgumentException">A parameter or buffer has been disposed.</exception>
    public static bool IsAllOf(ArkModel model)
    {
        var isAll = true;
        foreach (var (name, parameter) in model.named_parameters())
        {
            RequireAlive(name, parameter);
            isAll &= parameter is { device_type: TorchSharp.DeviceType.CPU, dtype: ScalarType.Float32, is_sparse: false };
        }

        foreach (var (name, buffer) in model.named_buffers())
        {
            RequireAlive(name, buffer);
            isAll &= buffer.device_type == TorchSharp.DeviceType.CPU;
        }

        return isAll;
    }

    /// <summary>A parameter's numbers, row by row, whatever its strides and its offset are.</summary>
    /// <param name="parameter">The parameter; borrowed.</param>
    /// <param name="shape">The shape that the configuration gives.</param>
    /// <returns>A dense tensor, the parameter's own memory where that is dense already; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The parameter is another than the configuration says.</exception>
    public static Tensor Dense(Tensor parameter, params ReadOnlySpan<long> shape)
    {
        if (parameter.device_type != TorchSharp.DeviceType.CPU || parameter.dtype != ScalarType.Float32)
            throw new ArgumentException(
                $"A parameter is {parameter.dtype} on {parameter.device}, and not Float32 on cpu.", nameof(parameter));
        if (!shape.SequenceEqual(parameter.shape))
            throw new ArgumentException(
                $"A parameter has the shape [{string.Join(", ", parameter.shape)}] where the configuration gives "
                + $"[{string.Join(", ", shape.ToArray())}].",
                nameof(parameter));
        using var detached = parameter.detach();
        return detached.contiguous();
    }

    private static void RequireAlive(string name, Tensor tensor)
    {
        if (tensor.IsInvalid) throw new ArgumentException($"The model's '{name}' has been disposed.", nameof(tensor));
    }
}
