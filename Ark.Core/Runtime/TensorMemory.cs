using System.Diagnostics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Ark;

/// <summary>The native memory of dense CPU tensors.</summary>
/// <remarks>Rests on: the tensor being on the CPU and contiguous, and the caller keeping it alive while the address is used.</remarks>
internal static class TensorMemory
{
    /// <summary>The address of a contiguous tensor's first element. The caller keeps the tensor alive.</summary>
    public static unsafe byte* AddressOf(Tensor tensor)
    {
        Debug.Assert(IsDense(tensor), "The tensor is contiguous, on the CPU.");
        var bytes = tensor.numel() * tensor.element_size();
        if (bytes == 0) return null;
        if (bytes <= int.MaxValue)
        {
            fixed (byte* start = tensor.bytes) return start;
        }

        using var noGrad = no_grad();
        // A span is limited to 2 GB, so it is taken of one element; the address is the same.
        using var flat = tensor.view(-1);
        using var first = flat.narrow(0, 0, 1);
        // What is fixed is libtorch's memory, which does not move.
        fixed (byte* begin = first.bytes)
        {
            Debug.Assert(begin is not null && (nint)begin % tensor.element_size() == 0, "There is memory, aligned to its elements.");
            return begin;
        }
    }

    /// <summary>A tensor that holds a copy of numbers.</summary>
    /// <remarks>TorchSharp's own way copies a part of an array into a new array first, which for a batch is garbage of megabytes.</remarks>
    /// <param name="values">As many as the shape asks for, less than 2 GB of them.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="device">Where it shall be; <see langword="null"/> for the CPU.</param>
    /// <returns>The tensor, which the caller owns.</returns>
    public static Tensor Copy(ReadOnlySpan<float> values, ReadOnlySpan<long> shape, Device? device = null)
    {
        var copy = empty(shape, ScalarType.Float32, CPU);
        values.CopyTo(MemoryMarshal.Cast<byte, float>(copy.bytes));
        if (device is null || device.type == TorchSharp.DeviceType.CPU) return copy;
        using (copy) return copy.to(device);
    }

    /// <summary>Whether <see cref="AddressOf"/> may be used.</summary>
    public static bool IsDense(Tensor tensor) =>
        tensor.device_type == TorchSharp.DeviceType.CPU && !tensor.is_sparse && tensor.is_contiguous();
}
