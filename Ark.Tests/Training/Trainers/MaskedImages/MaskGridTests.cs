using Ark.Training;

namespace Ark.Tests.Training;

public class MaskGridTests
{
    [Fact]
    public void Expand_hides_the_recorded_patches()
    {
        var recorded = Reference.Tensors("simmim", "step.safetensors");
        var grid = new MaskGrid(imageSize: 32, patchSize: 4, square: 8, ratio: 0.6);
        var (cells, hidden) = (recorded["cells"], recorded["hidden"]);
        Assert.Equal((10, 40, 8), (grid.HiddenCells, grid.HiddenPatches, grid.Side));
        for (var i = 0; i < 2; i++)
        {
            var patches = new bool[64];
            grid.Expand([.. cells[i].data<long>().Select(c => (int)c)], patches);
            Assert.Equal(hidden[i].data<byte>().Select(h => h == 1), patches);
        }
    }

    [Theory]
    [InlineData(224, 4, 32, 0.6, 30)]
    [InlineData(192, 4, 32, 0.6, 22)]
    [InlineData(64, 8, 16, 0.5, 8)]
    public void Draw_hides_the_share_in_whole_squares_and_other_squares_each_time(int image, int patch, int square, double ratio, int cells)
    {
        var grid = new MaskGrid(image, patch, square, ratio);
        Assert.Equal(cells, grid.HiddenCells);
        var (first, other, again) = (Draw(grid, 1), Draw(grid, 2), Draw(grid, 1));
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
        Assert.Equal(grid.HiddenPatches, first.Count(h => h));
        var step = square / patch;
        for (var i = 0; i < first.Length; i++)
        {
            var (row, column) = (i / grid.Side, i % grid.Side);
            Assert.Equal(first[(row / step * step * grid.Side) + (column / step * step)], first[i]);
        }
    }

    [Fact]
    public void Draw_hides_each_square_equally_often()
    {
        var grid = new MaskGrid(imageSize: 32, patchSize: 8, square: 8, ratio: 0.5);
        var counts = new int[16];
        for (ulong seed = 0; seed < 2000; seed++)
        {
            foreach (var (i, hidden) in Draw(grid, seed).Index()) counts[i] += hidden ? 1 : 0;
        }

        // Four deviations of a fair draw.
        Assert.All(counts, c => Assert.InRange(c, 1000 - 90, 1000 + 90));
    }

    [Theory]
    [InlineData(224, 4, 32, 32)]
    [InlineData(128, 4, 32, 32)]
    [InlineData(64, 8, 16, 16)]
    [InlineData(240, 4, 16, 16)]
    public void Squares_are_those_published_or_the_last_tokens_where_the_image_is_small(int image, int patch, int stride, int square)
    {
        var chosen = MaskGrid.Of(new TrainingOptions(), image, patch, stride);
        Assert.Equal(new MaskGrid(image, patch, square, 0.6).HiddenPatches, chosen.HiddenPatches);
    }

    [Theory]
    [InlineData(24, 0.6, "'MaskPatchSize'", "squares of 24 pixels do not tile an image of 64 in whole patches of 8", "Choose 8, 16, 32,")]
    [InlineData(4, 0.6, "'MaskPatchSize'", "squares of 4 pixels", "Choose 8, 16, 32,")]
    [InlineData(32, 0.9, "'MaskRatio'", "hides all 4 square(s)", "'MaskPatchSize'")]
    [InlineData(64, 0.1, "'MaskRatio'", "hides all 1 square(s)", "'MaskPatchSize'")]
    public void Squares_that_do_not_fit_or_leave_nothing_to_see_are_refused(int square, double ratio, params string[] words)
    {
        var options = new TrainingOptions { MaskPatchSize = square, MaskRatio = ratio };
        var error = Assert.Throws<ArkInputException>(() => MaskGrid.Of(options, imageSize: 64, patchSize: 8, stride: 16));
        Assert.All(words, w => Assert.Contains(w, error.Message, StringComparison.Ordinal));
    }

    private static bool[] Draw(MaskGrid grid, ulong seed)
    {
        var hidden = new bool[grid.Side * grid.Side];
        grid.Draw(new RandomStream(seed), hidden);
        return hidden;
    }
}
