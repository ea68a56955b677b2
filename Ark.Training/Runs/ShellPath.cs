namespace Ark.Training;

/// <summary>Paths in commands that are printed to be used again.</summary>
internal static class ShellPath
{
    /// <summary>A path as a shell takes it back.</summary>
    public static string Quoted(string path)
    {
        if (path.Length > 0 && path.All(c => char.IsAsciiLetterOrDigit(c) || "/\\._-:+=@".Contains(c, StringComparison.Ordinal)))
            return path;
        return OperatingSystem.IsWindows() ? $"\"{path}\"" : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
