using System.Buffers.Binary;

namespace Ark.Data;

/// <summary>A picture and its masks in the network's size.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Masks">The masks; a pixel has the structures of the stored pixel that lies under its centre.</param>
internal sealed record PreparedPicture(RasterImage Image, uint[] Masks)
{
    /// <summary>Bytes that it takes.</summary>
    public long Size => Image.Pixels.LongLength + (sizeof(uint) * Masks.LongLength);

    /// <summary>Resizes a sample: the picture antialiased, masks without values between.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="decoder">Decodes image and masks.</param>
    /// <param name="size">The network's size.</param>
    /// <param name="cache">
    /// Keeps the resized pictures of files on disk; <see langword="null"/> for none. Masks are always decoded: they may come of several
    /// files, or of none.
    /// </param>
    /// <exception cref="ArkInputException">The image or its masks cannot be read.</exception>
    public static PreparedPicture Of(SegmentationSample sample, IImageDecoder decoder, ViewSize size, ImageCache? cache = null)
    {
        var (image, width, height) = cache is not null && sample.Image is ImageFile file
            ? Unpack(cache.GetOrAdd(file.Name, decoder, $"segmentation {size.Width}x{size.Height}", stored => Pack(stored, size)))
            : OfStored(sample.Image.Load(decoder), size);
        return new PreparedPicture(image, Nearest(sample.LoadMasks(decoder, width, height), size));
    }

    /// <summary>The picture in another size, antialiased.</summary>
    public static RasterImage Resize(RasterImage image, ViewSize size)
    {
        var pixels = new byte[size.Pixels * image.Channels];
        PilResize.Resize(Bitmap.Of(image), pixels, size.Width, size.Height, PilFilter.Bilinear);
        return new RasterImage(size.Width, size.Height, image.Channels, pixels);
    }

    private static (RasterImage Image, int Width, int Height) OfStored(RasterImage stored, ViewSize size) =>
        (Resize(stored, size), stored.Width, stored.Height);

    // Masks are read in the grid of the stored picture, whose size the cache does not know: it follows the pixels in a row of its own.
    private static RasterImage Pack(RasterImage stored, ViewSize size)
    {
        var image = Resize(stored, size);
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

    private static uint[] Nearest(StructureMap map, ViewSize size)
    {
        var result = new uint[size.Pixels];
        for (var y = 0; y < size.Height; y++)
        {
            var row = (int)((y + 0.5) * map.Height / size.Height) * map.Width;
            for (var x = 0; x < size.Width; x++) result[(y * size.Width) + x] = map.Pixels[row + (int)((x + 0.5) * map.Width / size.Width)];
        }

        return result;
    }
}
