using System.Runtime.InteropServices;

namespace Ark.Models;

/// <summary>Zeroed memory outside the garbage collector, aligned to cache lines, which grows on demand and loses its content then.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint Alignment = 64;

    public NativeBuffer(long bytes = 0) => Reserve(bytes);

    ~NativeBuffer() => Free();

    public void* Pointer { get; private set; }

    public float* Floats => (float*)Pointer;

    public long Bytes { get; private set; }

    /// <summary>Makes it at least as large as this.</summary>
    public void Reserve(long bytes)
    {
        if (bytes <= Bytes) return;
        Free();
        Pointer = NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        NativeMemory.Clear(Pointer, (nuint)bytes);
        Bytes = bytes;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
        Bytes = 0;
    }
}
