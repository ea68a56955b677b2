namespace Ark;

/// <summary>Why the system's loader refused a library. A missing file asks for a package; a limit of the process does not.</summary>
internal static class LoadFailure
{
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
