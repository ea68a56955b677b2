using System.Runtime.InteropServices;

namespace Ark.Service;

/// <summary>
/// glibc gives each thread a heap of its own, up to eight for each core, and keeps in it what was freed. Uploads are decoded by any thread
/// of the pool, so every heap grows to the largest picture.
/// </summary>
internal static partial class NativeHeap
{
    private const int MmapThreshold = -3;
    private const int ArenaMax = -8;

    /// <summary>
    /// Lets all threads share two heaps, and gives blocks of a megabyte pages of their own, which go back when they are freed.
    /// </summary>
    public static void Share()
    {
        // Who has set glibc's own variables has decided otherwise.
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_ARENA_MAX") is not null) return;
        try
        {
            _ = mallopt(ArenaMax, 2);
            _ = mallopt(MmapThreshold, 1 << 20);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc: its heap stays as it is.
        }
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
