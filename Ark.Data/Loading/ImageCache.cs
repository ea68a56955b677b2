using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Ark.Data;

/// <summary>
/// A folder that keeps decoded and resized images, so that every epoch after the first reads a few kilobytes in place of decoding a file.
/// An entry is found by the file's content and by what was done to it; a file with the same path, length and time of change is taken for
/// the same content. Several processes may use one folder at once: each writes files of its own, and reads those of the others that were
/// there when it opened the folder. Torn or damaged entries are noticed by their checksums and made anew. Thread-safe.
/// </summary>
/// <remarks>The format is described in <c>docs/data.md</c>. Nothing is ever removed: delete the folder to begin anew.</remarks>
internal sealed class ImageCache : IDisposable
{
    private readonly ConcurrentDictionary<UInt128, CacheEntry> _entries = new();
    private readonly ConcurrentDictionary<UInt128, UInt128> _aliases = new();
    private readonly List<CacheSegment> _segments = [];
    private readonly Lock _writing = new();
    private readonly long _segmentLength;
    private CacheSegment? _own;
    private volatile string? _failure;
    private long _hits;
    private bool _disposed;

    /// <summary>Opens or makes a cache.</summary>
    /// <param name="directory">The folder.</param>
    /// <exception cref="ArkInputException">The folder cannot be made or read, or holds other things than a cache.</exception>
    public ImageCache(string directory)
        : this(directory, 1L << 28)
    {
    }

    internal ImageCache(string directory, long segmentLength)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        FolderPath = Path.GetFullPath(directory);
        _segmentLength = segmentLength;
        try
        {
            CreatePrivately(FolderPath);
            foreach (var file in Directory.EnumerateFiles(FolderPath, "*" + CacheSegment.Extension).Order(StringComparer.Ordinal))
            {
                if (CacheSegment.TryOpen(file) is not { } segment) continue;
                _segments.Add(segment);
                segment.Scan(Found);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var segment in _segments) segment.Dispose();
            throw new ArkInputException(
                directory, null, $"the image cache cannot be opened ({e.Message.TrimEnd('.')})", "Choose another folder.", e);
        }
    }

    /// <summary>The folder.</summary>
    internal string FolderPath { get; }

    // Larger files are the decoder's to refuse, or to read without being kept.
    private const long MaxBytes = 128L << 20;

    /// <summary>How many images it holds.</summary>
    public int Count => _entries.Count;

    /// <summary>How often an image was found, since the cache was opened.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>
    /// Why nothing is written any more, such as a full disk; <see langword="null"/> while all is well. Images are then decoded each time.
    /// </summary>
    internal string? WriteFailure => _failure;

    /// <summary>Closes the files; what was kept stays.</summary>
    public void Dispose()
    {
        lock (_writing)
        {
            _disposed = true;
            foreach (var segment in _segments) segment.Dispose();
            _segments.Clear();
            _own = null;
        }
    }

    /// <summary>The prepared picture of a file: kept, or decoded and kept.</summary>
    /// <param name="path">The file.</param>
    /// <param name="decoder">Decodes it.</param>
    /// <param name="preparation">Names how it is prepared: what has one name is prepared alike.</param>
    /// <param name="size">The size of what is prepared. An entry of another one is not ours, and is made anew.</param>
    /// <param name="prepare">Prepares it.</param>
    /// <returns>The picture, owned by the caller.</returns>
    /// <exception cref="ArkInputException">The file cannot be read; nothing is kept then.</exception>
    internal RasterImage GetOrAdd(
        string path, IImageDecoder decoder, string preparation, ViewSize size, Func<RasterImage, RasterImage> prepare)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        // A decoder of the host's own is told by its code; what its settings are is not known here.
        var decoding = (decoder as NetVipsImageDecoder)?.Manner
            ?? $"{decoder.GetType().FullName} {decoder.GetType().Module.ModuleVersionId}";
        var manner = $"{decoding}\n{preparation}\n";
        var file = new FileInfo(path);
        if (!file.Exists || RegularFile.ObstacleOf(path) is not null) return prepare(decoder.DecodeFile(path));
        var name = Key(manner, Encoding.UTF8.GetBytes(string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{file.FullName}\n{file.Length}\n{file.LastWriteTimeUtc.Ticks}")));
        if (_aliases.TryGetValue(name, out var known) && Read(known, size) is { } found) return found;

        var bytes = file.Length <= MaxBytes ? TryReadAll(path) : null;
        // The decoder has the words for a file that cannot be read.
        if (bytes is null) return prepare(decoder.DecodeFile(path));
        var content = Key(manner, bytes);
        if (Read(content, size) is { } same)
        {
            Write(name, content);
            return same;
        }

        var prepared = prepare(decoder.Decode(bytes, path));
        Write(content, prepared);
        Write(name, content);
        return prepared;
    }

    // A folder that was there keeps the mode that its owner gave it.
    private static void CreatePrivately(string folder)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static byte[]? TryReadAll(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static UInt128 Key(string manner, ReadOnlySpan<byte> bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(manner));
        hash.AppendData(bytes);
        Span<byte> result = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(result);
        return BinaryPrimitives.ReadUInt128LittleEndian(result);
    }

    private RasterImage? Read(UInt128 key, ViewSize size)
    {
        if (!_entries.TryGetValue(key, out var entry)) return null;
        if (entry.IsOf(size) && entry.Read() is { } image)
        {
            Interlocked.Increment(ref _hits);
            return image;
        }

        _entries.TryRemove(key, out _);
        return null;
    }

    private void Write(UInt128 key, RasterImage image) =>
        Write(new CacheRecord(key, image.Width, image.Height, image.Channels), image.Pixels);

    private void Write(UInt128 name, UInt128 content)
    {
        var payload = new byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(payload, content);
        Write(new CacheRecord(name, 0, 0, 0), payload);
    }

    private void Write(CacheRecord record, byte[] payload)
    {
        if (_failure is not null) return;
        record = record with { Checksum = Crc32.Append(payload) };
        try
        {
            lock (_writing)
            {
                if (_disposed) return;
                if (_own is null || !_own.HasRoomFor(payload.Length))
                {
                    // The full one stays open for reading.
                    _own = CacheSegment.Create(FolderPath, Math.Max(_segmentLength, CacheSegment.LengthFor(payload.Length)));
                    _segments.Add(_own);
                }

                Found(_own, record, _own.Append(record, payload), payload);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _failure = e.Message;
        }
    }

    private void Found(CacheSegment segment, CacheRecord record, long payload, ReadOnlySpan<byte> alias)
    {
        if (record.IsAlias) _aliases[record.Key] = BinaryPrimitives.ReadUInt128LittleEndian(alias);
        else _entries[record.Key] = new CacheEntry(segment, record, payload);
    }
}
