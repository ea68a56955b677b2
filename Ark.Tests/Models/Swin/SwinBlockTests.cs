using Ark.Models;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class SwinBlockTests
{
    private static readonly SwinConfiguration Tiny = new()
    {
        ImageHeight = 24,
        ImageWidth = 48,
        WindowSize = 3,
        PatchSize = 2,
        EmbedDim = 8,
        Depths = [2, 2],
        NumHeads = [2, 4],
        NumClasses = 5,
    };

    [Property(MaxTest = 50)]
    public bool Merging_windows_undoes_their_partition(byte batch, byte rows, byte columns, byte window)
    {
        using var scope = NewDisposeScope();
        var side = (window % 5) + 1;
        var (height, width) = (((rows % 4) + 1) * side, ((columns % 4) + 1) * side);
        var tokens = rand((batch % 3) + 1, height, width, 2);
        var windows = SwinBlock.Partition(tokens, side);
        return windows.shape.SequenceEqual([tokens.shape[0] * height * width / side / side, side * side, 2])
            && SwinBlock.Merge(windows, side, height, width).Equals(tokens);
    }

    [Property(MaxTest = 50)]
    public bool Mask_is_symmetric_and_parts_exactly_the_tokens_that_the_shift_brought_together(byte rows, byte columns, byte window)
    {
        using var scope = NewDisposeScope();
        var side = (window % 6) + 2;
        var shift = side / 2;
        var (height, width) = (((rows % 3) + 2) * side, ((columns % 3) + 2) * side);
        var mask = SwinBlock.ShiftMask(height, width, side, shift, null);
        // After the shift a window joins tokens that lie further apart in the image than the window's side exactly where it must not.
        var positions = arange(height * width, ScalarType.Float32).view(1, height, width, 1).roll([-shift, -shift], [1, 2]);
        var windows = SwinBlock.Partition(positions, side).squeeze(-1);
        var (row, column) = ((windows / width).floor(), windows.remainder(width));
        var far = Spread(row).ge(side).logical_or(Spread(column).ge(side));
        return mask.Equals(mask.transpose(1, 2)) && mask.Equals(far.to(ScalarType.Float32).mul(SwinBlock.Masked));

        static Tensor Spread(Tensor values) => (values.unsqueeze(1) - values.unsqueeze(2)).abs();
    }

    [Property(MaxTest = 20)]
    public bool Relative_position_of_two_tokens_is_the_mirror_of_the_opposite_pair(byte window)
    {
        var side = (window % 12) + 1;
        var tokens = side * side;
        var index = WindowAttention.RelativePositions(side);
        var last = (((2 * side) - 1) * ((2 * side) - 1)) - 1;
        return index.Distinct().Count() == last + 1
            && Enumerable.Range(0, tokens)
                .All(i => Enumerable.Range(0, tokens).All(j => index[(i * tokens) + j] == last - index[(j * tokens) + i]));
    }

    [Fact]
    public void Output_of_an_image_does_not_depend_on_its_batch()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var model = new SwinTransformer(Tiny, new Generator(1));
        model.eval();
        var images = randn([5, 3, 24, 48], generator: new Generator(2));
        var together = model.forward(images);
        for (var i = 0; i < 5; i++)
            Reference.AssertClose($"image {i}", model.forward(images.narrow(0, i, 1)), together.narrow(0, i, 1), 1e-6);
    }

    [Fact]
    public void Fused_and_explicit_attention_agree_for_large_windows()
    {
        using var scope = NewDisposeScope();
        using var model = new SwinTransformer(
            new SwinConfiguration
            {
                ImageHeight = 96,
                ImageWidth = 96,
                WindowSize = 12,
                EmbedDim = 16,
                Depths = [2, 2],
                NumHeads = [2, 4],
                NumClasses = 5,
            },
            new Generator(1));
        model.eval();
        foreach (var (name, parameter) in model.named_parameters())
        {
            using var off = no_grad();
            if (name.Contains("bias_table", StringComparison.Ordinal)) parameter.normal_(0, 1, new Generator(3));
        }

        var images = randn([2, 3, 96, 96], generator: new Generator(2));
        var taken = model.forward(images);
        using (no_grad()) Reference.AssertClose("fused", model.forward(images), taken, 1e-6);
    }

    [Fact]
    public void Image_of_another_shape_is_refused_with_both_shapes()
    {
        using var model = SwinTransformer.Allocate(SwinVariants.Get("swin_mini"));
        using var images = zeros(2, 1, 64, 64);
        var error = Assert.Throws<ArgumentException>(() => model.forward(images));
        Assert.Contains("[B, 3, 64, 64]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[2, 1, 64, 64]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, 96, "image size 100x96")]
    [InlineData(225, 224, "image size 225x224")]
    [InlineData(0, 224, "image size 0x224")]
    public void Image_size_that_windows_do_not_tile_is_refused_with_the_sizes_that_work(int height, int width, string place)
    {
        var error = Assert.Throws<ArkInputException>(() => SwinVariants.Get("swin_base").WithImageSize(height, width));
        Assert.Equal(place, error.Place);
        Assert.Contains("multiple of 224 pixels", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_whose_heads_do_not_divide_the_channels_is_refused()
    {
        var error = Assert.Throws<ArkInputException>(() => SwinTransformer.Allocate(new SwinConfiguration { NumHeads = [3, 6, 12, 25] }));
        Assert.Equal("stage 3", error.Place);
    }

    [Fact]
    public void Variant_at_another_size_keeps_its_parameters_and_runs()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var mini = SwinVariants.Get("swin_mini");
        using var small = SwinTransformer.Allocate(mini);
        using var large = SwinTransformer.Allocate(mini.WithImageSize(128, 64));
        Assert.Equal(small.named_parameters().Select(p => p.name), large.named_parameters().Select(p => p.name));
        foreach (var (name, parameter) in small.named_parameters())
            Assert.Equal(name == "absolute_pos_embed" ? [1, 128, 96] : parameter.shape, large.state_dict()[name].shape);
        Assert.Equal([1, 192], large.Pool(zeros(1, 3, 128, 64)).shape);
    }
}
