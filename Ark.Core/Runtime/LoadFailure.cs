namespace Ark;

/// <summary>Why the system's loader refused a library. A missing file asks for a package; a limit of the process does not.</summary>
internal static class LoadFailure
{
    /// <summary>What to do where libtorch cannot be loaded.</summary>
    /// <param name="onWindows">Whether the system is Windows.</param>
    /// <param name="onMacOS">Whether it is macOS.</param>
    /// <returns>Sentences; libraries that libtorch takes from the system are among them.</returns>
    public static string Hint(bool onWindows, bool onMacOS)
    {
        const string package = "Add the package TorchSharp-cpu, or a CUDA package of TorchSharp of the same version, to the application.";
        return onWindows ? package + " It also needs Microsoft's Visual C++ Redistributable, which Windows may not have."
            : onMacOS ? package + " It also needs OpenMP where Homebrew installs it (brew install libomp)."
            : package;
    }

    /// <summary>The limit that a loader's message tells of.</summary>
    /// <param name="message">What the loader said.</param>
    /// <returns>The limit, and what to do; <see langword="null"/> where the message is of something else.</returns>
    public static string? Limit(string message)
    {
        if (message.Contains("Too many open files", StringComparison.Ordinal))
            return "the process may not open as many files at once as it needs: raise that limit (ulimit -n)";
        string[] space = ["failed to map segment", "cannot map zero-fill pages", "Cannot allocate memory"];
        return space.Any(s => message.Contains(s, StringComparison.Ordinal))
            ? "the process may not have as much memory or address space as it needs: raise that limit (ulimit -v, or its container's)"
            : null;
    }
}
