namespace Ark.Data;

/// <summary>Opens the files that a user names, and says in one line why one cannot be opened.</summary>
internal static class InputFile
{
    /// <summary>Opens a text, unpacked where it is packed with gzip (<c>.gz</c>), as publishers distribute their tables.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What the file is to the user.</param>
    /// <returns>The stream, owned by the caller.</returns>
    /// <exception cref="ArkInputException">There is no such file, or it may not be read.</exception>
    public static Stream OpenText(string path, string what)
    {
        var file = OpenRead(path, what);
        return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new UnpackedText(file, path, what) : file;
    }

    /// <summary>Opens a file for reading from its start.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What the file is to the user: <c>list</c>, <c>archive</c>, <c>catalogue</c>.</param>
    /// <returns>The stream, owned by the caller.</returns>
    /// <exception cref="ArkInputException">There is no such file, or it may not be read.</exception>
    public static FileStream OpenRead(string path, string what)
    {
        if (Directory.Exists(path)) throw new ArkInputException(path, null, $"the {what} is a folder", $"Name the {what} file itself.");
        RegularFile.Require(path);
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArkInputException(path, null, $"the {what} does not exist", "Correct the path.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ArkInputException(path, null, $"the {what} cannot be opened ({e.Message})", null, e);
        }
    }
}
