using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Ark;

/// <summary>The native memory of dense CPU tensors.</summary>
internal static class TensorMemory
{
    /// <summary>A one-dimensional tensor with room for elements; its content is undefined.</summary>
    /// <param name="path">The file that asks for it.</param>
    /// <param name="place">The entry that asks for it.</param>
    /// <param name="count">Elements.</param>
    /// <param name="type">Their type; with <see cref="ScalarType.Byte"/> the room is <paramref name="count"/> times <paramref name="size"/> bytes.</param>
    /// <param name="size">Bytes of one element in the file.</param>
    public static Tensor Allocate(string path, string place, long count, ScalarType type, int size)
    {
        try
        {
            return empty([type == ScalarType.Byte ? count * size : count], type, CPU);
        }
        catch (ExternalException e)
        {
            throw new CheckpointException(path, place, $"there is no memory for its {count * size} bytes", innerException: e);
        }
    }

    /// <summary>The address of a contiguous tensor's first element. The caller keeps the tensor alive.</summary>
    public static unsafe byte* AddressOf(Tensor tensor)
    {
        if (tensor.numel() == 0) return null;
        using var noGrad = no_grad();
        // A span is limited to 2 GB, so it is taken of one element; the address is the same.
        using var flat = tensor.view(-1);
        using var first = flat.narrow(0, 0, 1);
        fixed (byte* start = first.bytes) return start;
    }

    /// <summary>Whether <see cref="AddressOf"/> may be used.</summary>
    public static bool IsDense(Tensor tensor) => tensor.device_type == TorchSharp.DeviceType.CPU && !tensor.is_sparse && tensor.is_contiguous();
}
