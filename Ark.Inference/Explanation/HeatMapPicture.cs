using System.Globalization;

namespace Ark.Inference;

/// <summary>Draws a heat map: the picture, the picture under the map, and a legend below.</summary>
internal static class HeatMapPicture
{
    private const int MinPanel = 384;
    private const int Gap = 16;
    private const int Strip = 64;

    // From nothing to the most: how strongly a colour covers the picture grows with the value, so that nothing stays visible as nothing.
    private static readonly (double At, byte R, byte G, byte B)[] Colors =
        [(0, 20, 30, 120), (0.25, 0, 140, 220), (0.5, 60, 200, 110), (0.75, 250, 210, 40), (1, 220, 30, 30)];

    public static RasterImage Render(HeatMap map, RasterImage picture)
    {
        if (picture.Width != map.Width || picture.Height != map.Height)
            throw new ArgumentException(
                $"The map is of a picture of {map.Width}x{map.Height}, not {picture.Width}x{picture.Height}.", nameof(picture));
        var scale = Math.Max(1, (MinPanel + Math.Max(map.Width, map.Height) - 1) / Math.Max(map.Width, map.Height));
        var (width, height) = (map.Width * scale, map.Height * scale);
        var canvas = new Canvas((2 * width) + Gap, height + Strip);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var at = ((y / scale) * map.Width) + (x / scale);
                var (r, g, b) = Pixel(picture, at);
                canvas.Set(x, y, r, g, b);
                var value = map.Values[at];
                var (cr, cg, cb) = Color(value);
                var cover = 0.65 * Math.Sqrt(value);
                canvas.Set(width + Gap + x, y, Mix(r, cr, cover), Mix(g, cg, cover), Mix(b, cb, cover));
            }
        }

        DrawLegend(canvas, map, width, height);
        return canvas.ToImage();
    }

    private static void DrawLegend(Canvas canvas, HeatMap map, int width, int height)
    {
        var size = Math.Max(2, width / 192);
        var method = map.Method == HeatMapMethod.GradCam ? "GRAD-CAM" : "OCCLUSION";
        PixelFont.Draw(canvas, 6, height + 10, size, map.Label);
        PixelFont.Draw(
            canvas, 6, height + 16 + (6 * size), size, string.Create(CultureInfo.InvariantCulture, $"{map.Head}  P={map.Probability:F3}"));
        var (left, bar) = (width + Gap, width);
        for (var x = 0; x < bar; x++)
        {
            var (r, g, b) = Color(x / (double)(bar - 1));
            for (var y = 0; y < 12; y++) canvas.Set(left + x, height + 8 + y, r, g, b);
        }

        PixelFont.Draw(canvas, left, height + 26, size, "0");
        PixelFont.Draw(
            canvas, left + ((bar - PixelFont.Width(method, size)) / 2), height + 26, size, map.HasEvidence ? method : "NO EVIDENCE");
        PixelFont.Draw(canvas, left + bar - PixelFont.Width("1", size), height + 26, size, "1");
    }

    private static (byte R, byte G, byte B) Color(double value)
    {
        for (var i = 1; i < Colors.Length; i++)
        {
            var (from, to) = (Colors[i - 1], Colors[i]);
            if (value > to.At && i < Colors.Length - 1) continue;
            var share = Math.Clamp((value - from.At) / (to.At - from.At), 0, 1);
            return (Mix(from.R, to.R, share), Mix(from.G, to.G, share), Mix(from.B, to.B, share));
        }

        return default;
    }

    private static byte Mix(byte from, byte to, double share) => (byte)Math.Round(from + ((to - from) * share));

    private static (byte R, byte G, byte B) Pixel(RasterImage picture, int at) => picture.Channels == 1
        ? (picture.Pixels[at], picture.Pixels[at], picture.Pixels[at])
        : (picture.Pixels[3 * at], picture.Pixels[(3 * at) + 1], picture.Pixels[(3 * at) + 2]);
}
