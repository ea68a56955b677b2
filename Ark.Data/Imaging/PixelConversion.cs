namespace Ark.Data;

/// <summary>From a file's samples to the one or three channels that Ark works on.</summary>
internal static class PixelConversion
{
    /// <summary>Ink to light as Pillow computes it: <c>(255 − ink) * (255 − black) / 255</c>, rounded.</summary>
    public static byte[] CmykToRgb(ReadOnlySpan<byte> cmyk)
    {
        var rgb = new byte[cmyk.Length / 4 * 3];
        for (int i = 0, o = 0; i < cmyk.Length; i += 4, o += 3)
        {
            var white = 255 - cmyk[i + 3];
            for (var c = 0; c < 3; c++) rgb[o + c] = (byte)Math.Clamp(white - Scale(cmyk[i + c], white), 0, 255);
        }

        return rgb;
    }

    /// <summary>Luminance and colour differences of full range to RGB, in place.</summary>
    public static void YbrToRgb(Span<byte> pixels)
    {
        for (var i = 0; i < pixels.Length; i += 3)
        {
            double y = pixels[i], cb = pixels[i + 1] - 128.0, cr = pixels[i + 2] - 128.0;
            pixels[i] = Round(y + (1.402 * cr));
            pixels[i + 1] = Round(y - (0.344136 * cb) - (0.714136 * cr));
            pixels[i + 2] = Round(y + (1.772 * cb));
        }
    }

    /// <summary>
    /// One channel, if the three are equal everywhere: radiographs are often stored as RGB, and a third of the work is enough.
    /// </summary>
    public static byte[]? GrayOf(ReadOnlySpan<byte> rgb)
    {
        for (var i = 0; i < rgb.Length; i += 3)
        {
            if (rgb[i] != rgb[i + 1] || rgb[i] != rgb[i + 2]) return null;
        }

        var grey = new byte[rgb.Length / 3];
        for (var i = 0; i < grey.Length; i++) grey[i] = rgb[3 * i];
        return grey;
    }

    private static byte Round(double value) => (byte)Math.Clamp(Math.Round(value, MidpointRounding.ToEven), 0, 255);

    private static int Scale(int a, int b)
    {
        var product = (a * b) + 128;
        return ((product >> 8) + product) >> 8;
    }
}
