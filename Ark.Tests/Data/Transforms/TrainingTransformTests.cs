using Ark.Data;

namespace Ark.Tests.Data;

public class TrainingTransformTests
{
    private const int ViewLength = 3 * 64 * 64;

    public static TheoryData<string> Recipes => [.. Enum.GetNames<AugmentationRecipe>()];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Views_depend_on_the_stream_alone(string name)
    {
        var recipe = Enum.Parse<AugmentationRecipe>(name);
        var picture = Encoded.Picture(100, 80, 1);
        Assert.Equal(Apply(recipe, picture, 3), Apply(recipe, picture, 3));
        Assert.NotEqual(Apply(recipe, picture, 3), Apply(recipe, picture, 4));
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Views_are_the_same_from_many_threads(string name)
    {
        var recipe = Enum.Parse<AugmentationRecipe>(name);
        var picture = Encoded.Picture(70, 90, 3);
        var transform = new TrainingTransform(64, 64, recipe);
        var expected = Enumerable.Range(0, 16).Select(i => Apply(transform, picture, (ulong)i)).ToArray();
        Parallel.For(0, 64, i => Assert.Equal(expected[i % 16], Apply(transform, picture, (ulong)(i % 16))));
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Grey_gives_what_three_equal_channels_give(string name)
    {
        var recipe = Enum.Parse<AugmentationRecipe>(name);
        var grey = Encoded.Picture(90, 75, 1);
        var color = new RasterImage(90, 75, 3, [.. grey.Pixels.SelectMany(p => new[] { p, p, p })]);
        for (ulong seed = 0; seed < 10; seed++) Assert.Equal(Apply(recipe, grey, seed), Apply(recipe, color, seed));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(28, 28)]
    [InlineData(64, 64)]
    [InlineData(3, 200)]
    [InlineData(500, 400)]
    public void Pictures_of_any_size_are_taken(int width, int height)
    {
        foreach (var recipe in Enum.GetValues<AugmentationRecipe>())
        {
            for (ulong seed = 0; seed < 8; seed++) Pixels.AssertNormalized(Apply(recipe, Encoded.Picture(width, height, 1), seed));
        }
    }

    [Fact]
    public void Teacher_of_ark_sees_the_same_place_without_photometric_change()
    {
        // On a smooth ramp linear and nearest interpolation differ by a few grey levels at most, wherever the crop and the warp went.
        var pixels = new byte[256 * 256];
        for (var y = 0; y < 256; y++)
            for (var x = 0; x < 256; x++) pixels[(y * 256) + x] = (byte)((x / 2) + (y / 4));
        var ramp = new RasterImage(256, 256, 1, pixels);
        var transform = new TrainingTransform(64, 64, AugmentationRecipe.Ark, Normalization.None);
        var views = new float[2 * ViewLength];
        var geometry = new Augmentation(8, 4, 50, 44) { Warp = new(8, 1.05, 0.03, -0.02) };
        transform.Apply(ramp, geometry, views);
        Assert.InRange(LargestDifference(views, i => views[ViewLength + i]), 0, 3.5f / 255);
        Assert.True(views.Max() - views.Min() > 0.3);

        var brighter = new float[2 * ViewLength];
        transform.Apply(ramp, geometry with { BrightnessContrast = (1, 0.2) }, brighter);
        Assert.Equal(views.AsSpan(ViewLength), brighter.AsSpan(ViewLength));
        Assert.InRange(LargestDifference(brighter, i => views[i] + 0.2f), 0, 1.01f / 255);
    }

    [Fact]
    public void Teacher_of_ark_plus_sees_the_whole_picture_whatever_was_drawn()
    {
        var picture = Encoded.Picture(120, 100, 1);
        var first = Apply(AugmentationRecipe.ArkPlus, picture, 1);
        var second = Apply(AugmentationRecipe.ArkPlus, picture, 2);
        Assert.Equal(first.AsSpan(ViewLength), second.AsSpan(ViewLength));
        Assert.NotEqual(first[..ViewLength], second[..ViewLength]);
    }

    [Fact]
    public void Masked_image_modeling_sees_one_view_that_is_cropped_and_mirrored_and_not_changed_otherwise()
    {
        var flat = new RasterImage(80, 80, 1, [.. Enumerable.Repeat((byte)100, 80 * 80)]);
        var transform = new TrainingTransform(64, 64, AugmentationRecipe.SimMim, Normalization.None) { MinCropScale = 0.67 };
        Assert.Equal(1, transform.Views);
        for (ulong seed = 0; seed < 20; seed++) Assert.All(Apply(transform, flat, seed), v => Assert.Equal(100 / 255f, v, 1e-6f));

        // Brighter to the right: a mirrored view is brighter to the left, about every second time.
        var ramp = new RasterImage(64, 64, 1, [.. Enumerable.Range(0, 64 * 64).Select(i => (byte)(4 * (i % 64)))]);
        var mirrored = Enumerable.Range(0, 200).Count(seed => Apply(transform, ramp, (ulong)seed) is var view && view[0] > view[63]);
        Assert.InRange(mirrored, 70, 130);
    }

    [Fact]
    public void Views_need_not_be_square()
    {
        var transform = new TrainingTransform(32, 48, AugmentationRecipe.ArkPlus);
        Assert.Equal((2, 32, 48), (transform.Views, transform.Height, transform.Width));
        var views = new float[2 * 3 * 32 * 48];
        Array.Fill(views, float.NaN);
        transform.Apply(Encoded.Picture(64, 64, 3), new RandomStream(1), views);
        Pixels.AssertNormalized(views);
    }

    [Fact]
    public void Picture_is_not_changed_and_little_garbage_is_left()
    {
        var picture = Encoded.Picture(300, 300, 1);
        var before = picture.Pixels.ToArray();
        var transform = new TrainingTransform(224, 224, AugmentationRecipe.Ark);
        var views = new float[2 * 3 * 224 * 224];
        transform.Apply(picture, new RandomStream(1), views);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        transform.Apply(picture, new RandomStream(2), views);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 50_000);
        Assert.Equal(before, picture.Pixels);
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingTransform(0, 64, AugmentationRecipe.Ark));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingTransform(64, 9000, AugmentationRecipe.Ark));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingTransform(64, 64, (AugmentationRecipe)7));
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrainingTransform(64, 64, AugmentationRecipe.Ark, (Normalization)7));
        var transform = new TrainingTransform(64, 64, AugmentationRecipe.Ark);
        Assert.Throws<ArgumentException>(() => transform.Apply(Encoded.Picture(8, 8, 1), new RandomStream(0), new float[ViewLength]));
    }

    private static float LargestDifference(float[] student, Func<int, float> expected) =>
        Enumerable.Range(0, ViewLength).Max(i => Math.Abs(student[i] - expected(i)));

    private static float[] Apply(AugmentationRecipe recipe, RasterImage picture, ulong seed) =>
        Apply(new TrainingTransform(64, 64, recipe), picture, seed);

    private static float[] Apply(TrainingTransform transform, RasterImage picture, ulong seed)
    {
        var views = new float[transform.Views * ViewLength];
        transform.Apply(picture, new RandomStream(seed), views);
        return views;
    }
}
