using System.Runtime.InteropServices;
using System.Text;

namespace Ark;

/// <summary>Writes files that are whole or not there: aside, flushed, renamed, and the folder flushed.</summary>
/// <remarks>Rests on: the C library's <c>open</c>, <c>fsync</c> and <c>close</c> as POSIX has them, and each descriptor being closed
/// once, by whoever opened it.</remarks>
internal static partial class AtomicFile
{
    private const string Suffix = ".tmp";
    private const int WindowsAttempts = 10;

    /// <summary>Writes a file; where this fails, the older file of that name is unchanged and nothing is left beside it.</summary>
    public static void Write(string path, Action<FileStream> write)
    {
        string? temporary = null;
        try
        {
            var target = Path.GetFullPath(path);
            // Through a link, the file that it names is replaced, not the link.
            if (new FileInfo(target).LinkTarget is not null) target = File.ResolveLinkTarget(target, returnFinalTarget: true)!.FullName;
            var aside = Aside(target);
            using (var stream = new FileStream(aside, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16))
            {
                temporary = aside;
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            Replace(aside, target);
            temporary = null;
            FlushDirectory(Path.GetDirectoryName(target)!);
        }
        catch (Exception e) when (UnwritableFile.Is(e) || e is NotSupportedException)
        {
            throw new CheckpointException(
                path, null, $"cannot be written: {UnwritableFile.Reason(e)}", "A file of that name from before is unchanged.", e);
        }
        finally
        {
            if (temporary is not null) File.Delete(temporary);
        }
    }

    /// <summary>Gives a finished file the place of another, in its folder.</summary>
    public static void Replace(string aside, string target) =>
        Move(() => File.Move(aside, target, overwrite: true), OperatingSystem.IsWindows() ? WindowsAttempts : 1, Thread.Sleep);

    /// <summary>
    /// Moves, and tries again while the older file is held. Windows does not replace a file that somebody has open, and scanners for
    /// viruses and indexers open what was just written. They let go soon.
    /// </summary>
    /// <param name="move">The move.</param>
    /// <param name="attempts">How often it is tried.</param>
    /// <param name="wait">Waits for so many milliseconds.</param>
    internal static void Move(Action move, int attempts, Action<int> wait)
    {
        const int sharingViolation = unchecked((int)0x80070020);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                move();
                return;
            }
            catch (Exception e) when (attempt < attempts
                && e is UnauthorizedAccessException or IOException { HResult: sharingViolation })
            {
                wait(20 * attempt);
            }
        }
    }

    /// <summary>A new name for what will be renamed to a file, in its folder.</summary>
    public static string Aside(string path) => $"{path}.{Guid.NewGuid():N}{Suffix}";

    /// <summary>
    /// Deletes what killed processes left half-written in a folder, by the names that only <see cref="Aside"/> gives. The caller holds the
    /// folder for itself: another process's files that are being written go too.
    /// </summary>
    public static void DeleteLeftovers(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*" + Suffix))
        {
            var name = Path.GetFileNameWithoutExtension(file);
            if (name.LastIndexOf('.') is > 0 and var dot && Guid.TryParseExact(name.AsSpan(dot + 1), "N", out _)) File.Delete(file);
        }
    }

    /// <summary>Writes a text file in UTF-8 without a byte order mark.</summary>
    public static void WriteAllText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Makes a rename survive a power cut. Windows keeps its own journal of names.</summary>
    private static void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(directory, 0);
        if (descriptor < 0) throw new IOException($"the folder '{directory}' cannot be flushed: error {Marshal.GetLastPInvokeError()}");
        try
        {
            const int invalid = 22;
            // Some network file systems cannot flush folders, and say so with EINVAL.
            if (Sync(descriptor) != 0 && Marshal.GetLastPInvokeError() is not invalid)
                throw new IOException($"the folder '{directory}' cannot be flushed: error {Marshal.GetLastPInvokeError()}");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
