namespace Ark;

/// <summary>
/// An 8-bit image in managed memory, rows top to bottom. Grey images keep one channel; they become three equal channels
/// only where a tensor is made of them.
/// </summary>
public sealed class RasterImage
{
    /// <summary>Wraps pixels without copying them.</summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="channels">1 (grey) or 3 (RGB).</param>
    /// <param name="pixels">Interleaved samples, <c>[height, width, channels]</c>, 0 to 255; the image owns the array from now on.</param>
    /// <exception cref="ArgumentException">The array's length does not match.</exception>
    public RasterImage(int width, int height, int channels, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (channels is not (1 or 3)) throw new ArgumentOutOfRangeException(nameof(channels), channels, "An image has 1 or 3 channels.");
        if (pixels.LongLength != (long)width * height * channels)
            throw new ArgumentException(
                $"{width}x{height}x{channels} needs {(long)width * height * channels} samples, got {pixels.LongLength}.", nameof(pixels));
        Width = width;
        Height = height;
        Channels = channels;
        Pixels = pixels;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>1 (grey) or 3 (RGB).</summary>
    public int Channels { get; }

    /// <summary>Interleaved samples, <c>[Height, Width, Channels]</c>, 0 to 255.</summary>
    public byte[] Pixels { get; }
}
