using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Ark.Cli;

/// <summary>
/// Limits of the process under which .NET itself fails, with words that mislead or none: they are told before. Nothing here may need a
/// file, as a console does.
/// </summary>
/// <remarks>Rests on: a limit being two numbers of 64 bits, as on 64-bit Linux; and <c>write</c> being told no more bytes than its array
/// has.</remarks>
internal static partial class ProcessLimits
{
    private const string WriteXorExecute = "DOTNET_EnableWriteXorExecute";
    private const int FileSize = 1;
    private const int OpenFilesOnLinux = 7;
    private const int FileSizeExceeded = 25;
    private const ulong MinOpenFiles = 128;
    // The runtime keeps compiled code in a file in memory, which grows with it and is under the limit too.
    private const ulong MinFileSize = 64 << 20;

    /// <summary>Checks the limits.</summary>
    /// <returns>Whether the process can go on; where it cannot, standard error says why.</returns>
    public static bool Suffice()
    {
        if (!OperatingSystem.IsLinux()) return true;
        // The system ends a process that writes beyond its limit, unless it would rather be told.
        _ = signal(FileSizeExceeded, 1);
        var isPlain = Environment.GetEnvironmentVariable(WriteXorExecute) == "0";
        if (Limit(FileSize) < MinFileSize && !isPlain) StartAgain();
        if (Refusal(Limit(OpenFilesOnLinux), Limit(FileSize), isPlain) is not { } refusal) return true;
        var line = Encoding.UTF8.GetBytes($"ark: {refusal}\n");
        _ = write(2, line, line.Length);
        return false;
    }

    /// <summary>Why a process with such limits cannot go on; <see langword="null"/> where it can.</summary>
    /// <param name="openFiles">How many files it may open at once.</param>
    /// <param name="fileSize">How large a file may become, in bytes.</param>
    /// <param name="plainCode">Whether the runtime keeps compiled code out of files.</param>
    internal static string? Refusal(ulong openFiles, ulong fileSize, bool plainCode)
    {
        if (openFiles < MinOpenFiles)
            return string.Create(
                CultureInfo.InvariantCulture,
                $"the process may open {openFiles} files at once, and needs {MinOpenFiles}: raise that limit (ulimit -n).");
        return fileSize < MinFileSize && !plainCode
            ? string.Create(CultureInfo.InvariantCulture, $"files of the process may become {fileSize >> 10} KiB, and .NET needs "
                + $"{MinFileSize >> 10} for its own code: raise that limit (ulimit -f), or set DOTNET_EnableWriteXorExecute=0.")
            : null;
    }

    // The runtime reads the setting when it starts; so it starts once more, as the same process and with the same arguments. Returns only
    // where that is not allowed.
    private static void StartAgain()
    {
        var arguments = File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Split('\0');
        if (setenv(WriteXorExecute, "0", 1) == 0) _ = execv("/proc/self/exe", [.. arguments, null]);
    }

    private static ulong Limit(int resource) => getrlimit(resource, out var limit) == 0 ? limit.Soft : ulong.MaxValue;

    private struct Pair
    {
        public ulong Soft;
        public ulong Hard;
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int getrlimit(int resource, out Pair limit);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint write(int file, byte[] data, nint count);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setenv(string name, string value, int overwrite);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int execv(string path, string?[] arguments);
}
