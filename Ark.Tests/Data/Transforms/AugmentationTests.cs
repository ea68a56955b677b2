using Ark.Data;

namespace Ark.Tests.Data;

public class AugmentationTests
{
    [FsCheck.Xunit.Property]
    public bool Crop_lies_within_the_picture(ulong seed, FsCheck.PositiveInt width, FsCheck.PositiveInt height)
    {
        var drawn = Augmentation.Draw(new RandomStream(seed), width.Get, height.Get);
        return drawn.Left >= 0 && drawn.Top >= 0 && drawn.Width >= 1 && drawn.Height >= 1
            && drawn.Left + drawn.Width <= width.Get && drawn.Top + drawn.Height <= height.Get;
    }

    [FsCheck.Xunit.Property]
    public bool Draws_stay_within_the_published_ranges(ulong seed)
    {
        var drawn = Augmentation.Draw(new RandomStream(seed), 1000, 1000);
        var area = drawn.Width * drawn.Height / 1e6;
        var ratio = (double)drawn.Width / drawn.Height;
        return area is > 0.079 and <= 1 && ratio is > 0.747 and < 1.339
            && drawn.Warp is null
                or { Angle: >= -10 and <= 10, Scale: >= 0.9 and <= 1.1, ShiftX: >= -0.0625 and <= 0.0625, ShiftY: >= -0.0625 and <= 0.0625 }
            && drawn.Gamma is null or (>= 0.8 and <= 1.2)
            && drawn.BrightnessContrast is null or ( >= 0.8 and <= 1.2, >= -0.2 and <= 0.2)
            && !(drawn.Gamma is not null && drawn.BrightnessContrast is not null);
    }

    [Fact]
    public void Changes_come_as_often_as_published()
    {
        const int count = 20_000;
        var drawn = Enumerable.Range(0, count).Select(i => Augmentation.Draw(new RandomStream(5, (ulong)i), 224, 224)).ToArray();
        Assert.Equal(0.5, drawn.Count(d => d.Warp is not null) / (double)count, 0.015);
        Assert.Equal(0.15, drawn.Count(d => d.Gamma is not null) / (double)count, 0.01);
        Assert.Equal(0.15, drawn.Count(d => d.BrightnessContrast is not null) / (double)count, 0.01);
    }

    [Theory]
    [InlineData(1000, 10, 13, 10)]
    [InlineData(10, 1000, 10, 13)]
    public void Very_long_pictures_are_cut_about_their_center(int width, int height, int cropWidth, int cropHeight)
    {
        // Most draws find no crop that fits; those that do not take the widest allowed one.
        var drawn = Enumerable.Range(0, 50).Select(i => Augmentation.Draw(new RandomStream((ulong)i), width, height));
        Assert.Contains(
            drawn,
            d => (d.Width, d.Height) == (cropWidth, cropHeight) && (d.Left, d.Top) == ((width - cropWidth) / 2, (height - cropHeight) / 2));
    }

    [Fact]
    public void Curves_move_grey_levels_as_albumentations_does()
    {
        Assert.Equal(Enumerable.Range(0, 256).Select(i => (byte)i), IntensityCurve.BrightnessContrast(1, 0));
        var brighter = IntensityCurve.BrightnessContrast(1.2, 0.1);
        Assert.Equal([25, 145, 255], [brighter[0], brighter[100], brighter[255]]);
        var gamma = IntensityCurve.Gamma(1.2);
        Assert.Equal(0, gamma[0]);
        Assert.Equal((byte)(Math.Pow(100 / 255.0, 1.2) * 255), gamma[100]);
        Assert.True(IntensityCurve.Gamma(0.8)[100] > 100 && gamma[100] < 100);
    }

    [Fact]
    public void Curve_is_empty_when_no_photometric_change_was_drawn()
    {
        var plain = new Augmentation(0, 0, 5, 5);
        Assert.True(plain.Curve().IsEmpty);
        Assert.Equal(IntensityCurve.Gamma(1.1), (plain with { Gamma = 1.1 }).Curve());
        Assert.Equal(IntensityCurve.BrightnessContrast(0.9, 0.1), (plain with { BrightnessContrast = (0.9, 0.1) }).Curve());
    }
}
