namespace Ark.Data;

/// <summary>
/// A view of 8-bit pixels, <c>[Height, Width, Channels]</c> interleaved, whose rows may lie further apart than they are long (a crop).
/// </summary>
internal readonly ref struct Bitmap
{
    public Bitmap(ReadOnlySpan<byte> pixels, int width, int height, int channels)
        : this(pixels, width, height, channels, width * channels)
    {
    }

    private Bitmap(ReadOnlySpan<byte> pixels, int width, int height, int channels, int stride)
    {
        Pixels = pixels;
        Width = width;
        Height = height;
        Channels = channels;
        Stride = stride;
    }

    public ReadOnlySpan<byte> Pixels { get; }

    public int Width { get; }

    public int Height { get; }

    public int Channels { get; }

    /// <summary>Bytes from one row to the next.</summary>
    public int Stride { get; }

    public static Bitmap Of(RasterImage image) => new(image.Pixels, image.Width, image.Height, image.Channels);

    public ReadOnlySpan<byte> Row(int y) => Pixels.Slice(y * Stride, Width * Channels);

    /// <summary>A rectangle of this bitmap; nothing is copied.</summary>
    public Bitmap Crop(int left, int top, int width, int height)
    {
        if (left < 0 || top < 0 || width < 1 || height < 1 || left > Width - width || top > Height - height)
            throw new ArgumentOutOfRangeException(
                nameof(left), $"{width}x{height} at ({left}, {top}) does not lie within {Width}x{Height}.");
        return new(Pixels[((top * Stride) + (left * Channels))..], width, height, Channels, Stride);
    }

    public void CopyTo(Span<byte> destination)
    {
        var length = Width * Channels;
        for (var y = 0; y < Height; y++) Row(y).CopyTo(destination.Slice(y * length, length));
    }
}
