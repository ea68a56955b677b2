using System.Runtime.InteropServices;

namespace Ark.Inference;

/// <summary>
/// Gives the memory of pictures back to the machine. Decoded pictures are large arrays that live for a moment; the runtime collects such
/// arrays late, keeps the space that they had, and an idle process collects nothing at all. glibc keeps the freed blocks of every thread.
/// </summary>
/// <remarks>Rests on: <c>malloc_trim</c> being safe on every thread, as glibc says.</remarks>
internal sealed partial class FreedMemory : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    private readonly long _after;
    private readonly Timer _timer;
    private long _freed;
    private int _collections;
    private int _collecting;

    /// <summary>Begins to watch.</summary>
    /// <param name="after">Bytes of pictures after which a collection is due.</param>
    public FreedMemory(long after)
    {
        _after = after;
        _timer = new Timer(static _ => GiveAllBack(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Is told that pictures are no longer needed.</summary>
    /// <param name="bytes">Their bytes.</param>
    /// <param name="quiet">Whether no other picture is held.</param>
    public void Freed(long bytes, bool quiet)
    {
        // Only ever set: who gave the last but one must not undo what the last one set. A collection beside a picture that came meanwhile
        // does no harm.
        if (quiet) _ = _timer.Change(Quiet, Timeout.InfiniteTimeSpan);
        if (Interlocked.Add(ref _freed, bytes) >= _after && Interlocked.Exchange(ref _collecting, 1) == 0)
        {
            // One that the runtime has made meanwhile will do.
            if (GC.CollectionCount(GC.MaxGeneration) == Volatile.Read(ref _collections)) Collect(GCCollectionMode.Forced);
            Volatile.Write(ref _collections, GC.CollectionCount(GC.MaxGeneration));
            Interlocked.Exchange(ref _freed, 0);
            TrimHeap();
            Volatile.Write(ref _collecting, 0);
        }

    }

    public void Dispose() => _timer.Dispose();

    private static void GiveAllBack()
    {
        // Twice: what the first finds held by finalisers, the second finds free.
        Collect(GCCollectionMode.Aggressive);
        GC.WaitForPendingFinalizers();
        Collect(GCCollectionMode.Aggressive);
        TrimHeap();
    }

    private static void Collect(GCCollectionMode mode) =>
        GC.Collect(GC.MaxGeneration, mode, blocking: true, compacting: mode == GCCollectionMode.Aggressive);

    private static void TrimHeap()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = malloc_trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc.
        }
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint keep);
}
