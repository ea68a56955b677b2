using System.Buffers.Binary;

namespace Ark.Data;

/// <summary>
/// Pictures in the network's size from a cache on disk. Masks are always decoded: they may come of several files, or of none.
/// </summary>
internal static class CachedPicture
{
    private static readonly long MaxPixels = new ImageDecoderOptions().MaxPixels;

    /// <summary>Resizes a sample, or takes its picture from the cache.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="decoder">Decodes image and masks.</param>
    /// <param name="size">The network's size.</param>
    /// <param name="cache">Keeps the resized pictures of files; <see langword="null"/> for none.</param>
    /// <exception cref="ArkInputException">The image or its masks cannot be read.</exception>
    public static PreparedPicture Of(SegmentationSample sample, IImageDecoder decoder, ViewSize size, ImageCache? cache)
    {
        if (cache is null || sample.Image is not ImageFile file) return PreparedPicture.Of(sample, decoder, size);
        var packed = cache.GetOrAdd(
            file.Name,
            decoder,
            $"segmentation {size.Width}x{size.Height}",
            size with { Height = size.Height + 1 },
            stored => Pack(stored, size));
        var (image, width, height) = Unpack(packed);
        // Somebody else may have written it, and masks are painted in a picture of this size.
        if (width < 1 || height < 1 || (long)width * height > MaxPixels) return PreparedPicture.Of(sample, decoder, size);
        return PreparedPicture.Of(sample, decoder, image, width, height);
    }

    // Masks are read in the grid of the stored picture, whose size the cache does not know: it follows the pixels in a row of its own.
    private static RasterImage Pack(RasterImage stored, ViewSize size)
    {
        var image = PreparedPicture.Resize(stored, size);
        var pixels = new byte[image.Pixels.Length + (size.Width * image.Channels)];
        image.Pixels.CopyTo(pixels, 0);
        var row = pixels.AsSpan(image.Pixels.Length);
        BinaryPrimitives.WriteInt32LittleEndian(row, stored.Width);
        BinaryPrimitives.WriteInt32LittleEndian(row[sizeof(int)..], stored.Height);
        return new RasterImage(size.Width, size.Height + 1, image.Channels, pixels);
    }

    private static (RasterImage Image, int Width, int Height) Unpack(RasterImage packed)
    {
        var length = packed.Width * (packed.Height - 1) * packed.Channels;
        var row = packed.Pixels.AsSpan(length);
        var image = new RasterImage(packed.Width, packed.Height - 1, packed.Channels, packed.Pixels[..length]);
        return (image, BinaryPrimitives.ReadInt32LittleEndian(row), BinaryPrimitives.ReadInt32LittleEndian(row[sizeof(int)..]));
    }
}
