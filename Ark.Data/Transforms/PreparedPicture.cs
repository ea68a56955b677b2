namespace Ark.Data;

/// <summary>A picture and its masks in the network's size.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Masks">The masks; a pixel has the structures of the stored pixel that lies under its centre.</param>
internal sealed record PreparedPicture(RasterImage Image, uint[] Masks)
{
    /// <summary>Bytes that it takes.</summary>
    public long Size => Image.Pixels.LongLength + (sizeof(uint) * Masks.LongLength);

    /// <summary>Resizes a sample: the picture antialiased, masks without values between.</summary>
    public static PreparedPicture Of(SegmentationSample sample, IImageDecoder decoder, ViewSize size)
    {
        var image = sample.Image.Load(decoder);
        var map = sample.LoadMasks(decoder, image);
        return new PreparedPicture(Resize(image, size), Nearest(map, size));
    }

    /// <summary>The picture in another size, antialiased.</summary>
    public static RasterImage Resize(RasterImage image, ViewSize size)
    {
        var pixels = new byte[size.Pixels * image.Channels];
        PilResize.Resize(Bitmap.Of(image), pixels, size.Width, size.Height, PilFilter.Bilinear);
        return new RasterImage(size.Width, size.Height, image.Channels, pixels);
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
