namespace Ark.Data;

/// <summary>
/// Varies how a picture is framed, so that a network which saw chests that fill their pictures finds them in others: a wider field, bands
/// beside the picture, a cut through the chest, another aspect ratio.
/// </summary>
internal static class FrameVariation
{
    /// <summary>
    /// Half of the time, picture and masks with 65 to 115 % of their side, width and height changed against each other by up to a quarter,
    /// anywhere in a picture of the same size. What is beside them is black three times of four, else grey.
    /// </summary>
    /// <param name="picture">The sample; borrowed.</param>
    /// <param name="random">Draws.</param>
    /// <returns>A new one, or the same.</returns>
    public static PreparedPicture Apply(PreparedPicture picture, RandomStream random)
    {
        if (!random.Chance(0.5)) return picture;
        var (scale, aspect) = (Math.Exp(random.Uniform(Math.Log(0.65), Math.Log(1.15))), Math.Exp(random.Uniform(-0.11, 0.11)));
        var image = picture.Image;
        var horizontal = FramedAxis.Draw(image.Width, scale * aspect, random);
        var vertical = FramedAxis.Draw(image.Height, scale / aspect, random);
        var beside = random.Chance(0.75) ? (byte)0 : (byte)random.Uniform(0, 256);

        var pixels = new byte[image.Pixels.Length];
        Array.Fill(pixels, beside);
        var part = new byte[horizontal.Length * vertical.Length * image.Channels];
        PilResize.Resize(
            Bitmap.Of(image).Crop(horizontal.From, vertical.From, horizontal.Taken, vertical.Taken), part, horizontal.Length,
            vertical.Length, PilFilter.Bilinear);
        var stride = horizontal.Length * image.Channels;
        for (var y = 0; y < vertical.Length; y++)
            part.AsSpan(y * stride, stride).CopyTo(
                pixels.AsSpan((((vertical.To + y) * image.Width) + horizontal.To) * image.Channels));
        return new PreparedPicture(
            new RasterImage(image.Width, image.Height, image.Channels, pixels), Bits(picture.Masks, image.Width, horizontal, vertical))
        {
            // Beside the picture nothing is, and that is known, unless nothing is known of the structure at all.
            Ignored = picture.Ignored is { } ignored ? Bits(ignored, image.Width, horizontal, vertical, Everywhere(ignored)) : null,
        };
    }

    private static uint Everywhere(uint[] bits)
    {
        var all = uint.MaxValue;
        foreach (var pixel in bits) all &= pixel;
        return all;
    }

    private static uint[] Bits(uint[] bits, int width, FramedAxis horizontal, FramedAxis vertical, uint beside = 0)
    {
        var result = new uint[bits.Length];
        Array.Fill(result, beside);
        for (var y = 0; y < vertical.Length; y++)
        {
            var (from, to) = (vertical.Under(y) * width, (vertical.To + y) * width);
            for (var x = 0; x < horizontal.Length; x++) result[to + horizontal.To + x] = bits[from + horizontal.Under(x)];
        }

        return result;
    }
}
