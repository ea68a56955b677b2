namespace Ark.Service;

/// <summary>
/// The body of a form, of which only so much is read until its file has been found. All that stands before it counts: fields, their
/// headers, boundaries. The reader of forms would take as much of each as there comes.
/// </summary>
/// <param name="body">The body, which is not disposed.</param>
/// <param name="most">Bytes before the file.</param>
internal sealed class FormStream(Stream body, int most) : Stream
{
    private long _read;

    /// <summary>Whether the file has been found; its own length is the business of whoever reads it.</summary>
    public bool FileFound { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        _read += read;
        return FileFound || _read <= most
            ? read
            : throw new UploadException(
                StatusCodes.Status413PayloadTooLarge,
                $"What the form has before its file is larger than {most / (1024.0 * 1024):0.#} MB, the most that this service reads.");
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // The server allows no other.
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
