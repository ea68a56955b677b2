using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Ark;

/// <summary>
/// Tells regular files from pipes, devices and sockets before they are opened: opening a pipe waits for a writer, for ever and past every
/// signal, and a device gives bytes without end.
/// </summary>
/// <remarks>Rests on: <c>statx</c> writing no more than the 256 bytes of its structure, as the kernel promises.</remarks>
internal static partial class RegularFile
{
    private const int CurrentFolder = -100;
    private const uint OnlyType = 1;
    private const int TypeOffset = 28;
    private const int TypeMask = 0xF000;

    /// <summary>
    /// Refuses what is there and is no file. What is missing, a folder, or cannot be looked at is left to whoever opens it.
    /// </summary>
    /// <param name="path">The path; links are followed.</param>
    /// <exception cref="ArkInputException">It is a pipe, a device or a socket.</exception>
    public static void Require(string path)
    {
        if (ObstacleOf(path) is { } obstacle) throw new ArkInputException(path, null, obstacle, Hint);
    }

    /// <summary>What to do about it.</summary>
    public const string Hint = "Write its content to a file, and name that.";

    /// <summary>What a path is in place of a file, in words; <see langword="null"/> where it may be opened.</summary>
    public static unsafe string? ObstacleOf(string path)
    {
        if (!OperatingSystem.IsLinux() || string.IsNullOrEmpty(path) || path.Contains('\0', StringComparison.Ordinal)) return null;
        // struct statx has the same layout on every architecture: 256 bytes, the mode 28 bytes into it.
        const int size = 256;
        var found = stackalloc byte[size];
        Debug.Assert(TypeOffset + sizeof(ushort) <= size && (nint)found % sizeof(ulong) == 0, "The mode is within an aligned structure.");
        if (statx(CurrentFolder, path, 0, OnlyType, found) != 0) return null;
        return (*(ushort*)(found + TypeOffset) & TypeMask) switch
        {
            0x1000 => "is a named pipe, not a file",
            0x2000 or 0x6000 => "is a device, not a file",
            0xC000 => "is a socket, not a file",
            _ => null,
        };
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* found);
}
