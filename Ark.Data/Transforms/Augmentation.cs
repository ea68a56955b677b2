namespace Ark.Data;

/// <summary>
/// What one training sample has drawn: a crop, perhaps a warp, perhaps a change of brightness and contrast or of gamma. Ranges and
/// probabilities are albumentations' defaults, which both publications use, with rotations up to 10 degrees.
/// </summary>
internal sealed record Augmentation(int Left, int Top, int Width, int Height)
{
    /// <summary>The smallest crop of the publications, as a share of the picture's area.</summary>
    public const double PublishedLeastArea = 0.08;

    private const double NarrowestRatio = 3.0 / 4;
    private const double WidestRatio = 1.3333333333333333;

    public ShiftScaleRotate? Warp { get; init; }

    /// <summary>The factor about black and the summand in full ranges.</summary>
    public (double Contrast, double Brightness)? BrightnessContrast { get; init; }

    public double? Gamma { get; init; }

    /// <summary>Whether left and right are exchanged.</summary>
    public bool IsMirrored { get; init; }

    /// <summary>The table of the photometric change; empty where none was drawn.</summary>
    public ReadOnlySpan<byte> Curve()
    {
        if (BrightnessContrast is var (contrast, brightness)) return IntensityCurve.BrightnessContrast(contrast, brightness);
        return Gamma is { } gamma ? IntensityCurve.Gamma(gamma) : default;
    }

    public static Augmentation Draw(RandomStream random, int width, int height, double leastArea = PublishedLeastArea)
    {
        var drawn = DrawCrop(random, width, height, leastArea);
        if (random.Chance(0.5))
        {
            drawn = drawn with
            {
                Warp = new(
                    random.Uniform(-10, 10), random.Uniform(0.9, 1.1), random.Uniform(-0.0625, 0.0625), random.Uniform(-0.0625, 0.0625)),
            };
        }

        if (!random.Chance(0.3)) return drawn;
        return random.Chance(0.5)
            ? drawn with { BrightnessContrast = (1 + random.Uniform(-0.2, 0.2), random.Uniform(-0.2, 0.2)) }
            : drawn with { Gamma = random.Uniform(80, 120) / 100 };
    }

    /// <summary>A crop that is mirrored or not, and nothing else.</summary>
    public static Augmentation DrawLight(RandomStream random, int width, int height, double leastArea) =>
        DrawCrop(random, width, height, leastArea) with { IsMirrored = random.Chance(0.5) };

    private static Augmentation DrawCrop(RandomStream random, int width, int height, double leastArea)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var area = random.Uniform(leastArea, 1) * width * height;
            var ratio = Math.Exp(random.Uniform(Math.Log(NarrowestRatio), Math.Log(WidestRatio)));
            var cropWidth = (int)Math.Round(Math.Sqrt(area * ratio));
            var cropHeight = (int)Math.Round(Math.Sqrt(area / ratio));
            if (cropWidth < 1 || cropWidth > width || cropHeight < 1 || cropHeight > height) continue;
            var top = random.NextInt32(height - cropHeight + 1);
            return new(random.NextInt32(width - cropWidth + 1), top, cropWidth, cropHeight);
        }

        // No crop of an allowed shape fits easily (a very long picture): the largest one about the centre.
        var (fittingWidth, fittingHeight) = ((double)width / height) switch
        {
            < NarrowestRatio => (width, (int)Math.Round(width / NarrowestRatio)),
            > WidestRatio => ((int)Math.Round(height * WidestRatio), height),
            _ => (width, height),
        };
        return new((width - fittingWidth) / 2, (height - fittingHeight) / 2, fittingWidth, fittingHeight);
    }
}
