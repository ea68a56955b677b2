using Ark.Inference;
using NetVips;

namespace Ark.Service;

/// <summary>Pictures for browsers.</summary>
internal static class Pictures
{
    private const int MaxSide = 512;

    // From nothing to the most; how strongly a colour covers the picture grows with the value, so that nothing is seen as nothing.
    private static readonly (double At, byte R, byte G, byte B)[] Colors =
        [(0, 20, 30, 120), (0.25, 0, 140, 220), (0.5, 60, 200, 110), (0.75, 250, 210, 40), (1, 220, 30, 30)];

    public static byte[] Png(RasterImage raster)
    {
        using var image = Image.NewFromMemory(raster.Pixels, raster.Width, raster.Height, raster.Channels, Enums.BandFormat.Uchar);
        return image.PngsaveBuffer();
    }

    public static byte[] Small(RasterImage raster)
    {
        using var image = Image.NewFromMemory(raster.Pixels, raster.Width, raster.Height, raster.Channels, Enums.BandFormat.Uchar);
        using var small = image.ThumbnailImage(MaxSide, height: MaxSide, size: Enums.Size.Down);
        return small.PngsaveBuffer();
    }

    /// <summary>The map, transparent where nothing speaks for the label, of the shape of <see cref="Small"/>.</summary>
    public static byte[] Overlay(HeatMap map)
    {
        var scale = Math.Min(1, (double)MaxSide / Math.Max(map.Width, map.Height));
        var (width, height) = (Math.Max(1, (int)Math.Round(map.Width * scale)), Math.Max(1, (int)Math.Round(map.Height * scale)));
        var pixels = new byte[4 * width * height];
        for (var y = 0; y < height; y++)
        {
            var row = (int)((y + 0.5) * map.Height / height) * map.Width;
            for (var x = 0; x < width; x++)
            {
                var value = map.Values[row + (int)((x + 0.5) * map.Width / width)];
                Color(value).CopyTo(pixels.AsSpan(4 * ((y * width) + x)));
            }
        }

        using var image = Image.NewFromMemory(pixels, width, height, 4, Enums.BandFormat.Uchar);
        using var colored = image.Copy(interpretation: Enums.Interpretation.Srgb);
        return colored.PngsaveBuffer();
    }

    public static string DataUrl(byte[] png) => "data:image/png;base64," + Convert.ToBase64String(png);

    private static byte[] Color(double value)
    {
        var i = 1;
        while (i < Colors.Length - 1 && value > Colors[i].At) i++;
        var (from, to) = (Colors[i - 1], Colors[i]);
        var share = Math.Clamp((value - from.At) / (to.At - from.At), 0, 1);
        return
        [
            Mix(from.R, to.R, share), Mix(from.G, to.G, share), Mix(from.B, to.B, share), (byte)Math.Round(255 * 0.65 * Math.Sqrt(value))
        ];
    }

    private static byte Mix(byte from, byte to, double share) => (byte)Math.Round(from + ((to - from) * share));
}
