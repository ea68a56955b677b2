using System.Runtime.InteropServices;

namespace Ark.Cli;

/// <summary>
/// glibc gives every block above 128 KiB pages of its own and hands them back when it is freed. A training step takes and frees the same
/// few hundred such blocks again and again, and spends up to a seventh of its time on page faults. Kept in the heap they are used again.
/// </summary>
/// <remarks>Rests on: <c>mallopt</c> taking two numbers, whatever they are: it refuses what it does not know.</remarks>
internal static partial class NativeHeap
{
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;

    /// <summary>
    /// Lets the process keep freed blocks of up to 32 MiB, the most that glibc allows. A library must not decide this for its host; a
    /// program may.
    /// </summary>
    public static void KeepFreedBlocks()
    {
        // Who has set glibc's own variables has decided otherwise.
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_MMAP_THRESHOLD_") is not null) return;
        try
        {
            _ = mallopt(MmapThreshold, 32 << 20);
            _ = mallopt(TrimThreshold, 256 << 20);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc: its heap stays as it is.
        }
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
