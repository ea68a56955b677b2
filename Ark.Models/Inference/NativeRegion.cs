using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>Memory outside the garbage collector with its length, which debug builds compare with what is read and written.</summary>
/// <remarks>Rests on: whoever made it keeping the memory alive.</remarks>
/// <param name="pointer">Where it begins.</param>
/// <param name="bytes">How long it is.</param>
internal readonly unsafe struct NativeRegion(void* pointer, long bytes)
{
    public void* Pointer => pointer;

    public float* Floats => (float*)pointer;

    public bool IsNone => pointer is null;

    /// <summary>A dense tensor's memory; the caller keeps the tensor alive.</summary>
    public static NativeRegion Of(Tensor tensor) => new(TensorMemory.AddressOf(tensor), tensor.numel() * tensor.element_size());

    public static implicit operator NativeRegion(NativeBuffer buffer) => new(buffer.Pointer, buffer.Bytes);

    /// <summary>Whether there is room for so many rows.</summary>
    public bool Holds(long rows, long ld, int size = sizeof(float)) => rows >= 0 && ld >= 0 && rows * ld * size <= bytes;

    /// <summary>What lies behind so many rows.</summary>
    public NativeRegion From(long rows, long ld, int size = sizeof(float))
    {
        System.Diagnostics.Debug.Assert(Holds(rows, ld, size), "The rows are within the memory.");
        return IsNone ? default : new NativeRegion((byte*)pointer + (rows * ld * size), bytes - (rows * ld * size));
    }
}
