using Ark.Data;

namespace Ark.Tests.Data;

public class PixelConversionTests
{
    [Fact]
    public void Cmyk_becomes_light()
    {
        byte[] cmyk = [0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 100, 0, 50, 128];
        Assert.Equal([255, 255, 255, 0, 255, 255, 0, 0, 0, 0, 0, 0, 77, 127, 102], PixelConversion.CmykToRgb(cmyk));
    }

    [FsCheck.Xunit.Property]
    public bool GreyOf_finds_exactly_the_grey_pictures(byte[] grey)
    {
        byte[] rgb = [.. grey.SelectMany(g => new[] { g, g, g })];
        if (!grey.SequenceEqual(PixelConversion.GrayOf(rgb)!)) return false;
        if (rgb.Length == 0) return true;
        rgb[^1] ^= 1;
        return PixelConversion.GrayOf(rgb) is null;
    }
}
