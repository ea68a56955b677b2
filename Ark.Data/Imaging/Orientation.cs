namespace Ark.Data;

/// <summary>Turns a picture as its orientation tag (1 to 8, as EXIF and TIFF have it) says that it is to be seen.</summary>
internal static class Orientation
{
    /// <summary>Turns a picture.</summary>
    /// <param name="image">The stored picture.</param>
    /// <param name="tag">The tag; 1 and unknown values mean as stored.</param>
    /// <returns>The upright picture; the same one where there is nothing to turn.</returns>
    public static RasterImage Apply(RasterImage image, int tag)
    {
        if (tag is < 2 or > 8) return image;
        var (width, height, channels) = (image.Width, image.Height, image.Channels);
        var (toWidth, toHeight) = tag >= 5 ? (height, width) : (width, height);
        var turned = new byte[image.Pixels.Length];
        for (var y = 0; y < toHeight; y++)
        {
            for (var x = 0; x < toWidth; x++)
            {
                var (fromX, fromY) = tag switch
                {
                    2 => (width - 1 - x, y),
                    3 => (width - 1 - x, height - 1 - y),
                    4 => (x, height - 1 - y),
                    5 => (y, x),
                    6 => (y, height - 1 - x),
                    7 => (width - 1 - y, height - 1 - x),
                    _ => (width - 1 - y, x),
                };
                image.Pixels.AsSpan(((fromY * width) + fromX) * channels, channels).CopyTo(turned.AsSpan(((y * toWidth) + x) * channels));
            }
        }

        return new RasterImage(toWidth, toHeight, channels, turned);
    }
}
