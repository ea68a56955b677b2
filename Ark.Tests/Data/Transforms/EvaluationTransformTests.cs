using Ark.Data;

namespace Ark.Tests.Data;

public class EvaluationTransformTests
{
    [Theory]
    [InlineData(224, 256)]
    [InlineData(64, 73)]
    [InlineData(384, 439)]
    public void Size_before_the_crop_keeps_the_published_proportion(int size, int before) =>
        Assert.Equal(new ViewSize(before, before), new ViewSize(size, size).BeforeCrop);

    [Theory]
    [InlineData(Normalization.ImageNet, 0, 0.485, 0.229)]
    [InlineData(Normalization.ImageNet, 1, 0.456, 0.224)]
    [InlineData(Normalization.ImageNet, 2, 0.406, 0.225)]
    [InlineData(Normalization.ChestXray, 1, 0.5056, 0.252)]
    [InlineData(Normalization.None, 2, 0, 1)]
    public void Constant_picture_becomes_its_normalized_value(Normalization normalization, int channel, double mean, double deviation)
    {
        var picture = new RasterImage(50, 40, 1, [.. Enumerable.Repeat((byte)100, 50 * 40)]);
        var view = Apply(new EvaluationTransform(32, 32, normalization), picture);
        Assert.All(view.Skip(channel * 32 * 32).Take(32 * 32), v => Assert.Equal(((100 / 255.0) - mean) / deviation, v, 1e-6));
    }

    [Fact]
    public void View_is_the_center_of_the_resized_picture()
    {
        // Already of the size before the crop: nothing is resampled, so every value can be told.
        var picture = new RasterImage(73, 73, 1, TestPng.Noise(73 * 73));
        var view = Apply(new EvaluationTransform(64, 64, Normalization.None), picture);
        for (var y = 0; y < 64; y++)
            for (var x = 0; x < 64; x++) Assert.True(picture.Pixels[((y + 4) * 73) + x + 4] / 255f == view[(y * 64) + x], $"({x}, {y})");
    }

    [Fact]
    public void Ten_crops_come_in_torchvision_order()
    {
        var picture = new RasterImage(73, 73, 1, TestPng.Noise(73 * 73));
        var views = Apply(new TenCropTransform(64, 64, Normalization.None), picture);
        (int Left, int Top)[] corners = [(0, 0), (9, 0), (0, 9), (9, 9), (4, 4)];
        for (var view = 0; view < 10; view++)
        {
            var (left, top) = corners[view % 5];
            for (var y = 0; y < 64; y++)
            {
                for (var x = 0; x < 64; x++)
                {
                    var column = view < 5 ? left + x : 72 - left - x;
                    Assert.True(
                        picture.Pixels[((top + y) * 73) + column] / 255f == views[(view * 3 * 64 * 64) + (y * 64) + x],
                        $"view {view}, ({x}, {y})");
                }
            }
        }
    }

    [Fact]
    public void Grey_gives_what_three_equal_channels_give()
    {
        var grey = Encoded.Picture(90, 75, 1);
        var color = new RasterImage(90, 75, 3, [.. grey.Pixels.SelectMany(p => new[] { p, p, p })]);
        Assert.Equal(Apply(new TenCropTransform(32, 24), grey), Apply(new TenCropTransform(32, 24), color));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(28, 28)]
    [InlineData(3, 200)]
    public void Pictures_of_any_size_are_taken(int width, int height) =>
        Pixels.AssertNormalized(Apply(new EvaluationTransform(64, 64), Encoded.Picture(width, height, 3)));

    [Fact]
    public void Destination_of_another_length_is_refused() => Assert.Throws<ArgumentException>(
        () => new EvaluationTransform(64, 64).Apply(Encoded.Picture(8, 8, 1), new RandomStream(0), new float[10]));

    private static float[] Apply(IImageTransform transform, RasterImage picture)
    {
        var views = new float[transform.Views * 3 * transform.Height * transform.Width];
        transform.Apply(picture, new RandomStream(0), views);
        return views;
    }
}
