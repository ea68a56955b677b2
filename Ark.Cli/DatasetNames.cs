namespace Ark.Cli;

/// <summary>The names of datasets that a command line gives: the option may be repeated, and take several names with commas.</summary>
internal static class DatasetNames
{
    /// <summary>Takes the names apart.</summary>
    /// <param name="given">What was given.</param>
    /// <param name="option">The option.</param>
    /// <returns>The names; <see langword="null"/> where the option was not given.</returns>
    /// <exception cref="ArkInputException">The option was given and names nothing, as an unset variable of a shell does.</exception>
    public static string[]? Of(string[]? given, string option)
    {
        if (given is null or []) return null;
        string[] names = [.. given.SelectMany(g => g.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        return names.Length > 0
            ? names
            : throw CommandLineError.Of(option, "names no dataset", "Name one or more with commas, or leave the option out.");
    }
}
