namespace Ark.Cli;

/// <summary>Finds out before the work whether its results can be written.</summary>
internal static class OutputPath
{
    /// <summary>Checks that a file can be made or replaced; one that exists is not changed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option that named it.</param>
    /// <exception cref="ArkInputException">It cannot.</exception>
    public static void CheckFile(string path, string option)
    {
        var isNew = !File.Exists(path);
        try
        {
            File.Open(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite).Dispose();
            if (isNew) File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotBeWritten(path, option, e);
        }
    }

    /// <summary>Makes a folder for results.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="ArkInputException">It cannot be made.</exception>
    public static void MakeFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotBeWritten(path, "--out", e);
        }
    }

    /// <summary>A path for a command line that is printed to be used again.</summary>
    public static string Quoted(string path) => path.All(c => char.IsAsciiLetterOrDigit(c) || "/\\._-:+=@".Contains(c, StringComparison.Ordinal)) ? path : $"\"{path}\"";

    /// <summary>The refusal of a path.</summary>
    public static ArkInputException CannotBeWritten(string path, string option, Exception cause) => new(path, null, $"cannot be written: {OneLine.Of(cause.Message.TrimEnd('.'))}", $"Choose another place ({option}).", cause);
}
