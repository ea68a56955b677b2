using System.Buffers;

namespace Ark.Data;

/// <summary>
/// One file of a cache: a head, then entries one after another. It is written by one process, by plain writes (a full disk is an error, not
/// a fault), and read by any, by plain reads too: of a file that another cut short a map would give a fault, which ends the process.
/// </summary>
internal sealed class CacheSegment : IDisposable
{
    public const string Extension = ".arkcache";

    private const int HeadLength = 16;
    private const int Alignment = 16;

    private readonly FileStream _file;
    private readonly long _length;
    private long _end = HeadLength;
    private bool _isOpen = true;

    public delegate void OnFound(CacheSegment segment, CacheRecord record, long payload, ReadOnlySpan<byte> alias);

    private CacheSegment(FileStream file)
    {
        _file = file;
        _length = file.Length;
    }

    private static ReadOnlySpan<byte> Head => "ARKCACHE\u0001\0\0\0\0\0\0\0"u8;

    /// <summary>How long a file must be for one entry.</summary>
    public static long LengthFor(int payload) => HeadLength + Padded(CacheRecord.Length + payload);

    /// <summary>
    /// Makes a file that only this process writes. It is as long as it may become; the disk gives space only for what is written.
    /// </summary>
    public static CacheSegment Create(string directory, long length)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        // Pictures of patients are nobody else's, and who could write here could change them.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var file = new FileStream(Path.Combine(directory, Guid.NewGuid().ToString("N") + Extension), options);
        try
        {
            file.SetLength(length);
            RandomAccess.Write(file.SafeFileHandle, Head, 0);
            return new CacheSegment(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file for reading.</summary>
    /// <returns>The segment; <see langword="null"/> where it is none of this version, or empty.</returns>
    public static CacheSegment? TryOpen(string path)
    {
        if (RegularFile.ObstacleOf(path) is not null) return null;
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        try
        {
            Span<byte> head = stackalloc byte[HeadLength];
            if (file.Length > HeadLength && RandomAccess.Read(file.SafeFileHandle, head, 0) == HeadLength && head.SequenceEqual(Head))
                return new CacheSegment(file);
            file.Dispose();
            return null;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Tells of every entry, up to the first that is not whole: the end, or where a writer was interrupted.</summary>
    public void Scan(OnFound found)
    {
        Span<byte> head = stackalloc byte[CacheRecord.Length];
        Span<byte> alias = stackalloc byte[16];
        while (_end + CacheRecord.Length <= _length)
        {
            if (!TryRead(_end, head)
                || !CacheRecord.TryRead(head, out var record)
                || record.PayloadLength > _length - _end - CacheRecord.Length)
                return;
            var payload = _end + CacheRecord.Length;
            if (!record.IsAlias || (TryRead(payload, alias) && Crc32.Append(alias) == record.Checksum))
                found(this, record, payload, alias);
            _end += Padded(CacheRecord.Length + record.PayloadLength);
        }
    }

    public bool HasRoomFor(int payload) => _end + Padded(CacheRecord.Length + payload) <= _length;

    /// <summary>Writes an entry; one thread at a time.</summary>
    /// <returns>Where its payload lies.</returns>
    public long Append(CacheRecord record, ReadOnlySpan<byte> payload)
    {
        var total = CacheRecord.Length + payload.Length;
        var buffer = ArrayPool<byte>.Shared.Rent(total);
        try
        {
            record.Write(buffer);
            payload.CopyTo(buffer.AsSpan(CacheRecord.Length));
            RandomAccess.Write(_file.SafeFileHandle, buffer.AsSpan(0, total), _end);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        var at = _end + CacheRecord.Length;
        _end += Padded(total);
        return at;
    }

    /// <summary>Reads bytes.</summary>
    /// <returns>Whether they lie in the file as it is; another process may have cut it short.</returns>
    public bool TryRead(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var read = RandomAccess.Read(_file.SafeFileHandle, destination, offset);
            if (read == 0) return false;
            destination = destination[read..];
            offset += read;
        }

        return true;
    }

    /// <summary>Closes the file; what a writer's file has not used is cut off.</summary>
    public void Dispose()
    {
        if (!_isOpen) return;
        _isOpen = false;
        if (_file.CanWrite) TryTruncate();
        _file.Dispose();
    }

    private void TryTruncate()
    {
        try
        {
            _file.SetLength(_end);
        }
        catch (IOException)
        {
            // Another process reads it, on systems that mind: the unused end stays, and is never read.
        }
    }

    private static long Padded(long length) => (length + Alignment - 1) / Alignment * Alignment;
}
