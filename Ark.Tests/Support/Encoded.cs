using NetVips;

namespace Ark.Tests;

/// <summary>Pictures made in code, and their files.</summary>
internal static class Encoded
{
    /// <summary>A smooth picture with a little texture, different in every channel.</summary>
    public static RasterImage Picture(int width, int height, int channels)
    {
        var pixels = new byte[width * height * channels];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                for (var c = 0; c < channels; c++)
                    pixels[(((y * width) + x) * channels) + c] = (byte)(128 + (60 * Math.Sin((x * 0.13) + c)) + (50 * Math.Cos(
                        y * 0.09)) + ((x * y) % 7));
        return new RasterImage(width, height, channels, pixels);
    }

    public static byte[] Jpeg(RasterImage picture, int? orientation = null)
    {
        using var image = Wrap(picture);
        if (orientation is not { } turn) return image.JpegsaveBuffer(q: 90);
        using var tagged = image.Mutate(m => m.Set(GValue.GIntType, "orientation", turn));
        return tagged.JpegsaveBuffer(q: 90);
    }

    public static byte[] Png(RasterImage picture) =>
        TestPng.Write8(picture.Width, picture.Height, picture.Channels == 1 ? TestPng.Grey : TestPng.Rgb, picture.Pixels);

    public static byte[] Tiff(RasterImage picture)
    {
        using var image = Wrap(picture);
        return image.TiffsaveBuffer(compression: Enums.ForeignTiffCompression.Lzw);
    }

    public static byte[] LosslessWebP(RasterImage picture)
    {
        using var image = Wrap(picture);
        return image.WebpsaveBuffer(lossless: true);
    }

    private static Image Wrap(RasterImage picture)
    {
        using var raw = Image.NewFromMemoryCopy<byte>(
            picture.Pixels, picture.Width, picture.Height, picture.Channels, Enums.BandFormat.Uchar);
        return raw.Copy(interpretation: picture.Channels == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
    }
}
