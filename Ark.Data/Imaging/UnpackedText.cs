using System.Buffers.Binary;
using System.IO.Compression;

namespace Ark.Data;

/// <summary>
/// A text that is packed with gzip, as it is unpacked. It is refused where it is cut short, which the base library does not tell, and where
/// it grows beyond measure: a few kilobytes can unpack to any size.
/// </summary>
internal sealed class UnpackedText : Stream
{
    private const long Most = 1L << 32;
    private const long MostExpansion = 100;
    private const long Always = 1L << 22;
    private const int Trailer = 4;

    private readonly FileStream _file;
    private readonly GZipStream _text;
    private readonly string _path;
    private readonly string _what;
    private readonly uint _expected;
    private readonly long _most;
    private long _read;

    /// <summary>Opens a packed text.</summary>
    /// <param name="file">The file, which the stream owns from now on.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="what">What it is to the user.</param>
    public UnpackedText(FileStream file, string path, string what)
    {
        (_file, _path, _what) = (file, path, what);
        _most = Math.Min(Most, Always + (MostExpansion * file.Length));
        Span<byte> length = stackalloc byte[Trailer];
        length.Clear();
        if (file.Length >= Trailer)
        {
            file.Position = file.Length - Trailer;
            file.ReadExactly(length);
            file.Position = 0;
        }

        _expected = BinaryPrimitives.ReadUInt32LittleEndian(length);
        _text = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    /// <exception cref="ArkInputException">The file is damaged, cut short, or unpacks to too much.</exception>
    public override int Read(Span<byte> buffer)
    {
        int read;
        try
        {
            read = _text.Read(buffer);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(e);
        }

        _read += read;
        if (_read > _most)
            throw new ArkInputException(
                _path, null, $"the {_what} is too large: it unpacks to more than {_most} bytes", "Unpack it if it is trusted.");
        // A packed file ends with the length of its content.
        return read > 0 || buffer.Length == 0 || (uint)_read == _expected ? read : throw Damaged(inner: null);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _text.Dispose();
            _file.Dispose();
        }

        base.Dispose(disposing);
    }

    private ArkInputException Damaged(Exception? inner) =>
        new(_path, null, $"the {_what} cannot be unpacked whole: it is damaged or cut short", "Fetch it again, or unpack it.", inner);
}
