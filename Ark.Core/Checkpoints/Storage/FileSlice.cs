using Microsoft.Win32.SafeHandles;

namespace Ark;

/// <summary>A range of an open file, read at any position without a shared cursor. Whoever opened the file closes it.</summary>
internal sealed class FileSlice(SafeFileHandle handle, string path, long start, long length)
{
    /// <summary>The file as the user named it, for messages.</summary>
    public string Path { get; } = path;

    /// <summary>Bytes in the range.</summary>
    public long Length { get; } = length;

    /// <summary>Opens a whole file for reading.</summary>
    public static FileSlice Open(string path, out SafeFileHandle handle)
    {
        if (RegularFile.ObstacleOf(path) is { } obstacle) throw new CheckpointException(path, null, obstacle, RegularFile.Hint);
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException(path, null, "does not exist", "Check the path.", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or ArgumentException or NotSupportedException)
        {
            throw new CheckpointException(
                path,
                null,
                Directory.Exists(path) ? "is a folder, not a file" : $"cannot be opened: {e.Message.TrimEnd('.')}",
                innerException: e);
        }

        try
        {
            return new FileSlice(handle, path, 0, RandomAccess.GetLength(handle));
        }
        catch (Exception e) when (e is IOException or NotSupportedException)
        {
            handle.Dispose();
            throw new CheckpointException(path, null, "is no regular file", innerException: e);
        }
    }

    /// <summary>A range of this range. The caller has checked that it lies inside.</summary>
    public FileSlice Slice(long offset, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - count);
        return new FileSlice(handle, Path, start + offset, count);
    }

    /// <summary>Fills the buffer; refuses the file where it ends before.</summary>
    public void ReadExactly(long offset, Span<byte> buffer, string place)
    {
        if (offset < 0 || buffer.Length > Length - offset)
            throw new CheckpointException(Path, place, $"is truncated: {buffer.Length} bytes at {offset} asked for, {Length} bytes there");
        while (buffer.Length > 0)
        {
            var read = ReadSome(offset, buffer);
            if (read == 0) throw new CheckpointException(Path, place, "is truncated: the file became shorter while it was read");
            buffer = buffer[read..];
            offset += read;
        }
    }

    /// <summary>Reads as many bytes as come at once; 0 at the end.</summary>
    public int ReadSome(long offset, Span<byte> buffer)
    {
        var count = (int)Math.Min(buffer.Length, Length - offset);
        try
        {
            return count <= 0 ? 0 : RandomAccess.Read(handle, buffer[..count], start + offset);
        }
        catch (IOException e)
        {
            throw new CheckpointException(Path, null, $"cannot be read: {e.Message.TrimEnd('.')}", innerException: e);
        }
    }
}
