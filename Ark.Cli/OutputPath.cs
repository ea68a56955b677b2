namespace Ark.Cli;

/// <summary>Finds out before the work whether its results can be written.</summary>
internal static class OutputPath
{
    /// <summary>Checks that a file can be made or replaced; one that exists is not changed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option that named it.</param>
    /// <param name="output">What the command makes itself, a folder or a file in one that it makes: below it nothing need be there
    /// yet.</param>
    /// <exception cref="ArkInputException">It cannot.</exception>
    public static void CheckFile(string path, string option, string? output = null)
    {
        var isNew = !File.Exists(path);
        try
        {
            if (output is not null
                && Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder
                && !Directory.Exists(folder)
                && IsMadeWith(folder, Path.GetFullPath(output)))
                return;
            // A pipe would come to its end.
            if (!isNew && new FileInfo(path).Length == 0) return;
            File.Open(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite).Dispose();
            if (isNew) File.Delete(path);
        }
        catch (Exception e) when (UnwritableFile.Is(e))
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
        catch (Exception e) when (UnwritableFile.Is(e))
        {
            throw CannotBeWritten(path, "--out", e);
        }
    }

    /// <summary>
    /// Whether a result could not be written because the disk, a quota or a limit on files was full, or the disk failed: nothing that was
    /// wrong with the command line, which another one would mend.
    /// </summary>
    public static bool HasNoRoom(ArkInputException refusal)
    {
        if (UnwritableFile.IsTooLarge(refusal.InnerException) && refusal.Problem.StartsWith("cannot be written", StringComparison.Ordinal))
            return true;
        const int ioError = 5, tooBig =
            27, noSpace = 28, quota = 122, windowsDiskFull = unchecked((int)0x80070070), windowsHandleFull = unchecked((int)0x80070027);
        return refusal.InnerException is IOException
        {
            HResult: ioError or tooBig or noSpace or quota or windowsDiskFull
            or windowsHandleFull
        };
    }

    /// <summary>The refusal of a path.</summary>
    public static ArkInputException CannotBeWritten(string path, string option, Exception cause) =>
        new(path, null, $"cannot be written: {OneLine.Of(UnwritableFile.Reason(cause))}", $"Choose another place ({option}).", cause);

    private static bool IsMadeWith(string folder, string output) =>
        folder == Path.GetDirectoryName(output) || (folder + Path.DirectorySeparatorChar).StartsWith(
            output.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
