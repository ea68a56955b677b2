namespace Ark.Data;

/// <summary>A picture and its masks in the network's size.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Masks">The masks; a pixel has the structures of the stored pixel that lies under its centre.</param>
internal sealed record PreparedPicture(RasterImage Image, uint[] Masks)
{
    /// <summary>What is left out of which structure, in the same form; <see langword="null"/> where all is known.</summary>
    public uint[]? Ignored { get; init; }

    /// <summary>Bytes that it takes.</summary>
    public long Size => Image.Pixels.LongLength + (sizeof(uint) * (Masks.LongLength + (Ignored?.LongLength ?? 0)));

    /// <summary>Resizes a sample: the picture antialiased, masks without values between.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="decoder">Decodes image and masks.</param>
    /// <param name="size">The network's size.</param>
    /// <exception cref="ArkInputException">The image or its masks cannot be read.</exception>
    public static PreparedPicture Of(SegmentationSample sample, IImageDecoder decoder, ViewSize size)
    {
        var stored = sample.Image.Load(decoder);
        return Of(sample, decoder, Resize(stored, size), stored.Width, stored.Height);
    }

    /// <summary>The same of a picture that has been resized before.</summary>
    /// <param name="sample">The sample.</param>
    /// <param name="decoder">Decodes its masks.</param>
    /// <param name="resized">The picture in the network's size.</param>
    /// <param name="width">Columns of the stored picture, in whose grid masks are read.</param>
    /// <param name="height">Its rows.</param>
    /// <exception cref="ArkInputException">The masks cannot be read.</exception>
    public static PreparedPicture Of(SegmentationSample sample, IImageDecoder decoder, RasterImage resized, int width, int height)
    {
        var (map, size) = (sample.LoadMasks(decoder, width, height), new ViewSize(resized.Width, resized.Height));
        return new PreparedPicture(resized, Nearest(map.Pixels, map, size))
        {
            Ignored = map.Ignored is { } ignored ? Nearest(ignored, map, size) : null,
        };
    }

    /// <summary>The picture in another size, antialiased.</summary>
    public static RasterImage Resize(RasterImage image, ViewSize size)
    {
        var pixels = new byte[size.Pixels * image.Channels];
        PilResize.Resize(Bitmap.Of(image), pixels, size.Width, size.Height, PilFilter.Bilinear);
        return new RasterImage(size.Width, size.Height, image.Channels, pixels);
    }

    private static uint[] Nearest(uint[] bits, StructureMap map, ViewSize size)
    {
        var result = new uint[size.Pixels];
        for (var y = 0; y < size.Height; y++)
        {
            var row = (int)((y + 0.5) * map.Height / size.Height) * map.Width;
            for (var x = 0; x < size.Width; x++) result[(y * size.Width) + x] = bits[row + (int)((x + 0.5) * map.Width / size.Width)];
        }

        return result;
    }
}
