namespace Ark.Data;

/// <summary>
/// Spreads the grey levels of a picture over the full range, leaving a hundredth of the pixels at each end aside: for pictures of low
/// contrast.
/// </summary>
internal static class GrayStretch
{
    /// <summary>The picture with its levels spread; itself where it has one level only.</summary>
    public static RasterImage Apply(RasterImage image)
    {
        var counts = new int[256];
        foreach (var pixel in image.Pixels) counts[pixel]++;
        var aside = image.Pixels.Length / 100;
        var (low, high) = (End(counts, aside, 0, 1), End(counts, aside, 255, -1));
        if (low >= high) return image;
        var table = new byte[256];
        for (var i = 0; i < table.Length; i++) table[i] = (byte)Math.Round(Math.Clamp((i - low) * 255.0 / (high - low), 0, 255));
        return new RasterImage(image.Width, image.Height, image.Channels, Array.ConvertAll(image.Pixels, p => table[p]));
    }

    // The first level from an end that is not wholly left aside.
    private static int End(int[] counts, int aside, int level, int step)
    {
        for (; (aside -= counts[level]) >= 0 && level + step is >= 0 and <= 255; level += step)
        {
            // Counted in the condition.
        }

        return level;
    }
}
