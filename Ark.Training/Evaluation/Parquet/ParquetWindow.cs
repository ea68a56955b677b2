namespace Ark.Evaluation;

/// <summary>
/// A file as the Parquet library may see it: only the part that has been checked, and no more bytes than a reading of the whole needs, so
/// that a damaged file cannot have it read the same again and again. Where the part ends, reading fails in place of giving nothing.
/// </summary>
internal sealed class ParquetWindow(FileStream file) : Stream
{
    private long _budget = (2 * file.Length) + (1 << 20);
    private long _end = file.Length;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => file.Position = value;
    }

    /// <summary>Sets where reading ends.</summary>
    public void EndAt(long end) => _end = end;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var read = buffer.Length == 0 ? 0 : file.Read(buffer[..Allow(buffer.Length)]);
        Spend(read);
        return read;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = buffer.Length == 0 ? 0 : await file.ReadAsync(buffer[..Allow(buffer.Length)], cancellationToken).ConfigureAwait(false);
        Spend(read);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int ReadByte()
    {
        Allow(1);
        Spend(1);
        return file.ReadByte();
    }

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) file.Dispose();
        base.Dispose(disposing);
    }

    private int Allow(int count) =>
        file.Position < _end
            ? (int)Math.Min(count, _end - file.Position)
            : throw new EndOfStreamException("its pages are cut short");

    private void Spend(int count)
    {
        _budget -= Math.Max(1, count);
        if (_budget < 0) throw new InvalidDataException("its pages would have to be read again and again");
    }
}
