using Ark.Data;

namespace Ark.Tests.Data;

public class CvWarpTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CvWarp_leaves_the_picture_when_nothing_moves(bool linear)
    {
        var picture = Encoded.Picture(31, 22, 3);
        Assert.Equal(picture.Pixels, Warp(picture, new(0, 1, 0, 0), linear));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CvWarp_by_half_a_turn_reverses_the_picture(bool linear)
    {
        var picture = Encoded.Picture(31, 22, 1);
        Assert.Equal(picture.Pixels.Reverse(), Warp(picture, new(180, 1, 0, 0), linear));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CvWarp_shifts_by_whole_pixels_and_mirrors_at_the_border(bool linear)
    {
        var picture = new RasterImage(5, 1, 1, [10, 20, 30, 40, 50]);
        Assert.Equal([30, 20, 10, 20, 30], Warp(picture, new(0, 1, 2.0 / 5, 0), linear));
        Assert.Equal([30, 40, 50, 40, 30], Warp(picture, new(0, 1, -2.0 / 5, 0), linear));
    }

    [Fact]
    public void CvWarp_turns_counter_clockwise()
    {
        var pixels = new byte[9 * 9];
        pixels[(4 * 9) + 8] = 255;
        var turned = Warp(new RasterImage(9, 9, 1, pixels), new(90, 1, 0, 0), linear: false);
        Assert.Equal(4, Array.IndexOf(turned, (byte)255));
    }

    private static byte[] Warp(RasterImage picture, ShiftScaleRotate warp, bool linear)
    {
        var result = new byte[picture.Pixels.Length];
        CvWarp.Apply(Bitmap.Of(picture), result, warp, linear);
        return result;
    }
}
