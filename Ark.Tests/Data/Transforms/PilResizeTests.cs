using Ark.Data;
using FsCheck;
using FsCheck.Xunit;

namespace Ark.Tests.Data;

/// <summary>What must hold of the resamplers for every picture; equality with Pillow and OpenCV is tested with the reference.</summary>
public class PilResizeTests
{
    private delegate void Resampler(Bitmap source, Span<byte> destination, int width, int height);

    private static readonly Resampler[] Resamplers =
    [
        (s, d, w, h) => PilResize.Resize(s, d, w, h, PilFilter.Nearest),
        (s, d, w, h) => PilResize.Resize(s, d, w, h, PilFilter.Bilinear),
        (s, d, w, h) => PilResize.Resize(s, d, w, h, PilFilter.Bicubic),
        CvResize.Linear,
        CvResize.Nearest,
    ];

    [Property]
    public void Resampling_to_the_same_size_changes_nothing(PositiveInt width, PositiveInt height)
    {
        var picture = Noise(width, height, 3);
        foreach (var resampler in Resamplers) Assert.Equal(picture.Pixels, Run(resampler, picture, picture.Width, picture.Height));
    }

    [Property]
    public void Resampling_keeps_a_constant_picture(
        PositiveInt width, PositiveInt height, PositiveInt newWidth, PositiveInt newHeight, byte grey)
    {
        var (w, h) = (Size(width), Size(height));
        var picture = new RasterImage(w, h, 1, [.. Enumerable.Repeat(grey, w * h)]);
        foreach (var resampler in Resamplers)
            Assert.Equal(-1, Run(resampler, picture, Size(newWidth), Size(newHeight)).AsSpan().IndexOfAnyExcept(grey));
    }

    [Property(MaxTest = 40)]
    public void Color_is_resampled_channel_by_channel(PositiveInt width, PositiveInt height, PositiveInt newWidth, PositiveInt newHeight)
    {
        var picture = Noise(width, height, 3);
        var red = new RasterImage(picture.Width, picture.Height, 1, [.. picture.Pixels.Where((_, i) => i % 3 == 0)]);
        var blue = new RasterImage(picture.Width, picture.Height, 1, [.. picture.Pixels.Where((_, i) => i % 3 == 2)]);
        foreach (var resampler in Resamplers)
        {
            var color = Run(resampler, picture, Size(newWidth), Size(newHeight));
            Assert.Equal(Run(resampler, red, Size(newWidth), Size(newHeight)), color.Where((_, i) => i % 3 == 0).ToArray());
            Assert.Equal(Run(resampler, blue, Size(newWidth), Size(newHeight)), color.Where((_, i) => i % 3 == 2).ToArray());
        }
    }

    [Fact]
    public void PilResize_averages_over_all_pixels_when_it_shrinks()
    {
        byte[] row = [0, 100, 200, 40];
        var result = new byte[2];
        PilResize.Resize(new Bitmap(row, 4, 1, 1), result, 2, 1, PilFilter.Bilinear);
        // Triangles of half-width 2 about 1 and 3: weights 3/7, 3/7, 1/7 from either end.
        Assert.Equal([71, 117], result);
    }

    [Fact]
    public void PilResize_reads_a_crop_through_its_stride()
    {
        var picture = Encoded.Picture(20, 20, 3);
        var crop = Bitmap.Of(picture).Crop(3, 4, 11, 9);
        var copy = new RasterImage(11, 9, 3, Pixels.Of(crop));
        foreach (var resampler in Resamplers)
        {
            var direct = new byte[7 * 15 * 3];
            resampler(crop, direct, 7, 15);
            Assert.Equal(Run(resampler, copy, 7, 15), direct);
        }
    }

    private static byte[] Run(Resampler resampler, RasterImage picture, int width, int height)
    {
        var result = new byte[width * height * picture.Channels];
        resampler(Bitmap.Of(picture), result, width, height);
        return result;
    }

    private static RasterImage Noise(PositiveInt width, PositiveInt height, int channels)
    {
        var (w, h) = (Size(width), Size(height));
        return new RasterImage(w, h, channels, TestPng.Noise(w * h * channels, (ulong)((w * 1000) + h)));
    }

    private static int Size(PositiveInt size) => 1 + (size.Get * 7 % 70);
}
