using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ark.Models;

/// <summary>
/// One piece of memory outside the garbage collector. It is freed when it is disposed, and at the latest by its finalizer, so that what
/// nobody disposed, or what threw while it was made, is not lost for ever. The collector knows of its size, for behind a small object it
/// would not look for much.
/// </summary>
/// <remarks>Rests on: the memory being freed once, which the base class sees to. In debug builds a line of it follows that nobody owns:
/// whoever wrote past the end is found out when it is freed.</remarks>
internal sealed unsafe class NativeAllocation : SafeHandle
{
    [ThreadStatic]
    private static long t_live;

    private const byte GuardValue = 0xA5;
#if DEBUG
    private const int GuardBytes = 64;
#else
    private const int GuardBytes = 0;
#endif

    private readonly long _bytes;

    public NativeAllocation(long bytes, nuint alignment)
        : base(0, ownsHandle: true)
    {
        Debug.Assert(bytes > 0, "There is memory to own.");
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)(bytes + GuardBytes), alignment));
        _bytes = bytes;
        Debug.Assert((nuint)handle % alignment == 0, "The memory is aligned.");
        Guard.Fill(GuardValue);
        GC.AddMemoryPressure(bytes);
        t_live += bytes;
    }

    /// <summary>
    /// Bytes that this thread has allocated and not freed, as TorchSharp counts tensors; negative where it frees what others allocated.
    /// </summary>
    public static long LiveOnThread => t_live;

    public override bool IsInvalid => handle == 0;

    public void* Pointer => (void*)handle;

    private Span<byte> Guard => new((byte*)Pointer + _bytes, GuardBytes);

    protected override bool ReleaseHandle()
    {
        Debug.Assert(!Guard.ContainsAnyExcept(GuardValue), "Nothing was written past the end.");
        NativeMemory.AlignedFree(Pointer);
        GC.RemoveMemoryPressure(_bytes);
        t_live -= _bytes;
        return true;
    }
}
