using System.Runtime.InteropServices;

namespace Ark.Cli;

/// <summary>Ends the process while threads of it are still at work.</summary>
/// <remarks>Rests on: <c>_exit</c> not returning.</remarks>
internal static partial class ProcessEnd
{
    /// <summary>Ends it at once. An ordinary exit would take native libraries apart under the threads that are in them.</summary>
    public static void Now(int code)
    {
        if (OperatingSystem.IsWindows()) Environment.Exit(code);
        _exit(code);
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void _exit(int code);
}
