using System.IO.Compression;

namespace Ark.Data;

/// <summary>
/// An NPZ archive: a zip of NPY arrays. Its files may come from anybody, so nothing is unpacked beyond what is asked for, sizes are checked
/// against the file before memory is taken, and pickled objects are never read.
/// </summary>
internal sealed class NpzArchive : IDisposable
{
    // Deflate makes at most 1032 bytes of one. Real images stay below 10: large arrays that pack better than this are bombs.
    private const long MostOfAByte = 1032;
    private const long LargeArray = 64L << 20;
    private const long LargeArrayMostOfAByte = 100;

    private readonly ZipArchive _zip;
    private readonly long _fileLength;

    private NpzArchive(string path, ZipArchive zip, long fileLength)
    {
        Path = path;
        _zip = zip;
        _fileLength = fileLength;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The arrays' names, without <c>.npy</c>.</summary>
    public IReadOnlyList<string> Keys =>
        [.. _zip.Entries.Where(e => e.FullName.EndsWith(".npy", StringComparison.Ordinal)).Select(e => e.FullName[..^4])];

    /// <summary>Opens an archive.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The archive, owned by the caller.</returns>
    /// <exception cref="ArkInputException">The file cannot be read or is no whole zip archive.</exception>
    public static NpzArchive Open(string path)
    {
        var stream = InputFile.OpenRead(path, "archive");
        try
        {
            if (stream.Length == 0) throw new ArkInputException(path, null, "the NPZ archive is empty");
            var zip = new ZipArchive(stream, ZipArchiveMode.Read);
            _ = zip.Entries.Count;
            return new NpzArchive(path, zip, stream.Length);
        }
        catch (Exception e) when (IsCorruption(e))
        {
            stream.Dispose();
            throw new ArkInputException(path, null, $"is no whole NPZ (zip) archive ({e.Message})", "Copy or download it again.", e);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Opens an array.</summary>
    /// <param name="key">Its name, without <c>.npy</c>.</param>
    /// <returns>The reader, owned by the caller; one at a time.</returns>
    /// <exception cref="ArkInputException">There is no such array, or it is malformed.</exception>
    public NpyArrayReader OpenArray(string key)
    {
        ArkInputException Error(string problem) => new(Path, $"entry '{key}'", problem);
        var name = key + ".npy";
        var entries = _zip.Entries.Where(e => e.FullName == name).Take(2).ToList();
        if (entries.Count == 0)
        {
            var keys = _zip.Entries.Take(12).Select(e => e.FullName.EndsWith(".npy", StringComparison.Ordinal)
                ? e.FullName[..^4]
                : e.FullName);
            throw new ArkInputException(Path, $"entry '{key}'", "the entry is missing", $"The archive has: {string.Join(", ", keys)}.");
        }

        if (entries.Count > 1) throw Error("the entry is a duplicate");
        var entry = entries[0];
        if (entry.IsEncrypted) throw Error("the entry is encrypted");
        if (entry.CompressedLength > _fileLength || entry.Length > (entry.CompressedLength * MostOfAByte) + 64)
            throw Error("the entry's size is a lie: it is larger than the file can hold");
        if (entry.Length > LargeArray && entry.Length / Math.Max(1, entry.CompressedLength) > LargeArrayMostOfAByte)
            throw Error(
                $"the entry unpacks to {entry.Length} bytes from {entry.CompressedLength}, over the limit of {LargeArrayMostOfAByte} to 1");
        Stream? stream = null;
        try
        {
            stream = entry.Open();
            return new NpyArrayReader(stream, entry.Length, entry.Crc32, Error);
        }
        catch (Exception e)
        {
            stream?.Dispose();
            if (IsCorruption(e)) throw new ArkInputException(Path, $"entry '{key}'", $"is corrupt ({e.Message})", null, e);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _zip.Dispose();

    private static bool IsCorruption(Exception e) =>
        e is InvalidDataException or IOException or NotSupportedException or ArgumentException or OverflowException;
}
