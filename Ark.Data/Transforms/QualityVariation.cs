namespace Ark.Data;

/// <summary>
/// Varies what differs between devices and archives, so that a network which saw pictures of one kind finds its way in others: how sharp a
/// picture is, and how its grey levels lie.
/// </summary>
internal static class QualityVariation
{
    /// <summary>
    /// Half of the time, the picture, which has the network's size, as if it had been stored with 35 to 80 % of that width and height.
    /// </summary>
    public static RasterImage Coarsen(RasterImage image, RandomStream random)
    {
        if (!random.Chance(0.5)) return image;
        var factor = random.Uniform(0.35, 0.8);
        var size = new ViewSize(image.Width, image.Height);
        return PreparedPicture.Resize(
            PreparedPicture.Resize(image, new ViewSize(Math.Max(1, (int)(factor * size.Width)), Math.Max(1, (int)(factor * size.Height)))),
            size);
    }

    /// <summary>
    /// Four times of five, a curve: a gamma between one half and two, and levels that are pressed into two fifths of their range, wherever
    /// in it, or spread by up to a fifth.
    /// </summary>
    public static byte[]? Curve(RandomStream random)
    {
        if (!random.Chance(0.8)) return null;
        var gamma = IntensityCurve.Gamma(Math.Exp(random.Uniform(-0.7, 0.7)));
        var contrast = random.Uniform(0.4, 1.2);
        var levels = IntensityCurve.BrightnessContrast(contrast, random.Uniform(Math.Min(0, 1 - contrast), Math.Max(0, 1 - contrast)));
        return Array.ConvertAll(gamma, v => levels[v]);
    }
}
