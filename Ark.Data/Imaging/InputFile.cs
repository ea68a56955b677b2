using System.IO.Compression;

namespace Ark.Data;

/// <summary>Opens the files that a user names, and says in one line why one cannot be opened.</summary>
internal static class InputFile
{
    private const long MostUnpacked = 1L << 32;
    private const long MostExpansion = 200;
    private const long AlwaysUnpacked = 1L << 24;

    /// <summary>Opens a text, unpacked where it is packed with gzip (<c>.gz</c>), as publishers distribute their tables.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What the file is to the user.</param>
    /// <param name="mostBytes">Receives how many bytes it may have: a packed file of a few kilobytes can unpack to any size.</param>
    /// <returns>The stream, owned by the caller.</returns>
    /// <exception cref="ArkInputException">There is no such file, or it may not be read.</exception>
    public static Stream OpenText(string path, string what, out long mostBytes)
    {
        var file = OpenRead(path, what);
        mostBytes = long.MaxValue;
        if (!path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) return file;
        mostBytes = Math.Min(MostUnpacked, AlwaysUnpacked + (MostExpansion * file.Length));
        return new GZipStream(file, CompressionMode.Decompress);
    }

    /// <summary>The error for a packed text that cannot be unpacked.</summary>
    public static ArkInputException Damaged(string path, string what, Exception inner) =>
        new(path, null, $"the {what} cannot be unpacked: it is damaged or cut short", "Fetch the file again.", inner);

    /// <summary>The error for a packed text that unpacks to more than it may.</summary>
    public static ArkInputException TooLarge(string path, string what, long mostBytes) =>
        new(path, null, $"the {what} is too large: it unpacks to more than {mostBytes} bytes", "Unpack it if it is trusted.");

    /// <summary>Opens a file for reading from its start.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What the file is to the user: <c>list</c>, <c>archive</c>, <c>catalogue</c>.</param>
    /// <returns>The stream, owned by the caller.</returns>
    /// <exception cref="ArkInputException">There is no such file, or it may not be read.</exception>
    public static FileStream OpenRead(string path, string what)
    {
        if (Directory.Exists(path)) throw new ArkInputException(path, null, $"the {what} is a folder", $"Name the {what} file itself.");
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
