using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ark.Models;

/// <summary>
/// Memory outside the garbage collector, zero unless told otherwise and aligned to cache lines, which grows on demand and loses its content
/// then.
/// </summary>
/// <remarks>Rests on: whoever computes with the pointer keeping the buffer alive, and staying within <see cref="Bytes"/>. Debug builds ask
/// <see cref="Holds"/> before each phase of a pass, and look at the numbers behind the last when the memory is freed.</remarks>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private const nuint CacheLine = 64;
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    private NativeAllocation? _memory;

    public NativeBuffer(long bytes = 0, bool clear = true) => Reserve(bytes, clear);

    // A field of its own: it is read in the innermost loops. Whoever computes with it keeps the buffer alive, for the allocation behind it
    // has a finalizer.
    public void* Pointer { get; private set; }

    public float* Floats => (float*)Pointer;

    public long Bytes { get; private set; }

    /// <summary>Whether rows lie within the memory, which is there until the buffer is disposed.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="ld">Numbers from one row to the next.</param>
    /// <param name="size">Bytes of a number.</param>
    public bool Holds(long rows, long ld, int size = sizeof(float)) => rows >= 0 && ld >= 0 && rows * ld * size <= Bytes;

    /// <summary>Makes it at least as large as this.</summary>
    public void Reserve(long bytes, bool clear = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        if (bytes <= Bytes) return;
        Free();
        var large = OperatingSystem.IsLinux() && (nuint)bytes >= HugePage;
        _memory = new NativeAllocation(bytes, large ? HugePage : CacheLine);
        Pointer = _memory.Pointer;
        Debug.Assert(Pointer is not null && (nuint)Pointer % CacheLine == 0, "Lines of the cache begin where vectors do.");
        // Fewer entries in the table of pages are looked up then; where the system has none to give, nothing changes.
        if (large) _ = Advise(Pointer, (nuint)bytes / HugePage * HugePage, AdviseHugePages);
        if (clear) NativeMemory.Clear(Pointer, (nuint)bytes);
        Bytes = bytes;
    }

    public void Dispose() => Free();

    [DllImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Advise(void* address, nuint length, int advice);

    private void Free()
    {
        _memory?.Dispose();
        _memory = null;
        Pointer = null;
        Bytes = 0;
    }
}
