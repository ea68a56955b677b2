using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

/// <summary>Image sizes that windows do not tile.</summary>
public class SwinBackboneTests
{
    private static readonly SwinConfiguration Small = new()
    {
        EmbedDim = 16,
        Depths = [2, 2, 2, 2],
        NumHeads = [1, 2, 4, 8],
        WindowSize = 7,
        DropPathRate = 0,
        NumClasses = 0,
    };

    [Fact]
    public void A_network_of_one_channel_takes_the_mean_of_a_picture_s_three()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        using var grey = new ArkModel(TinyModel.Configuration with
        {
            Backbone = TinyModel.Configuration.Backbone with { InputChannels = 1 },
        }, new Generator(1));
        grey.eval();
        var picture = rand(2, 3, 16, 16, generator: new Generator(2));
        var expected = grey.Pool(picture.mean([1], keepdim: true));
        Reference.AssertClose("plain", grey.Pool(picture), expected);
        using var engine = InferenceEngine.Create(grey);
        Reference.AssertClose("engine", engine.Pooled(picture), expected);
        Assert.Throws<ArgumentException>(() => grey.Pool(picture.narrow(1, 0, 2)));

        // In a network of three channels a third of the weights for each computes the same.
        using var folder = new TemporaryFolder();
        grey.save_py(folder.PathOf("grey.pth"));
        using var three = new ArkModel(TinyModel.Configuration, new Generator(3));
        three.eval();
        Assert.Contains(
            three.load_checkpoint(folder.PathOf("grey.pth"), strict: false).Resized, r => r.Name == "patch_embed.proj.weight");
        Reference.AssertClose("three", three.Pool(picture), expected);

        // And the sum of the three is what timm gives a network of one.
        three.save_py(folder.PathOf("three.pth"));
        using var again = new ArkModel(grey.Configuration, new Generator(4));
        again.load_checkpoint(folder.PathOf("three.pth"), strict: false);
        Reference.AssertClose(
            "sum", again.state_dict()["patch_embed.proj.weight"], three.state_dict()["patch_embed.proj.weight"].sum(1, keepdim: true));
    }

    [Theory]
    [InlineData(32, 32)]
    [InlineData(96, 96)]
    [InlineData(128, 160)]
    [InlineData(256, 256)]
    [InlineData(320, 64)]
    public void UperNet_takes_every_multiple_of_32_and_trains_on_it(int height, int width)
    {
        using var scope = NewDisposeScope();
        foreach (var decoder in Enum.GetValues<UperNetDecoder>())
        {
            using var network = new UperNet(new UperNetConfiguration
            {
                Backbone = Small with { ImageHeight = height, ImageWidth = width },
                Structures = ["lungs", "heart"],
                Decoder = decoder,
                Width = 16,
            }, new Generator(1));
            var logits = network.forward(rand(2, 3, height, width, generator: new Generator(2)));
            Assert.Equal([2, 2, height, width], logits.shape);
            logits.square().mean().backward();
            Assert.All(network.parameters().Where(p => p.grad is not null), p => Assert.True(p.grad!.isfinite().all().item<bool>()));
        }
    }

    [Theory]
    [InlineData(100, 96)]
    [InlineData(96, 48)]
    public void UperNet_refuses_other_sizes_and_names_the_multiple(int height, int width)
    {
        var error = Assert.Throws<ArkInputException>(() => new UperNet(new UperNetConfiguration
        {
            Backbone = Small with { ImageHeight = height, ImageWidth = width },
            Structures = ["lungs"],
        }));
        Assert.Contains("multiple of 32", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classifiers_refuse_sizes_that_windows_do_not_tile_as_before() =>
        Assert.Contains(
            "windows of 7",
            Assert.Throws<ArkInputException>(() => new SwinTransformer(Small with { ImageHeight = 256, ImageWidth = 256 })).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_block_attends_to_zeros_behind_the_border_and_to_nothing_that_the_shift_brought_there()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        // 10 x 8 tokens in windows of 7 become 14 x 14.
        var configuration = new SwinConfiguration
        {
            ImageHeight = 40,
            ImageWidth = 32,
            EmbedDim = 8,
            Depths = [2],
            NumHeads = [2],
            WindowSize = 7,
            NumClasses = 0,
            DropPathRate = 0,
            PadsWindows = true,
        };
        using var network = new SwinTransformer(configuration, new Generator(3));
        var tokens = randn(1, 10, 8, 8, generator: new Generator(4));
        for (var shifted = 0; shifted < 2; shifted++)
        {
            var block = network.Stages[0].blocks[shifted];
            var expected = tokens + Attend(block, tokens, shifted * 3);
            expected += block.mlp.forward(block.norm2.forward(expected));
            Assert.True(block.forward(tokens).allclose(expected, atol: 1e-5), $"shifted: {shifted == 1}");
        }
    }

    // Window by window, each token with those of its region.
    private static Tensor Attend(SwinBlock block, Tensor tokens, int shift)
    {
        var padded = zeros(1, 14, 14, 8);
        padded.narrow(1, 0, 10).narrow(2, 0, 8).copy_(block.norm1.forward(tokens));
        var mask = shift == 0 ? null : SwinBlock.ShiftMask(14, 14, 7, shift, null);
        var moved = padded.roll([-shift, -shift], [1, 2]);
        var result = zeros_like(moved);
        for (var w = 0; w < 4; w++)
        {
            var window = moved.narrow(1, 7 * (w / 2), 7).narrow(2, 7 * (w % 2), 7).reshape(1, 49, 8);
            var attended = block.attn.forward(window, mask?.narrow(0, w, 1));
            result.narrow(1, 7 * (w / 2), 7).narrow(2, 7 * (w % 2), 7).copy_(attended.reshape(1, 7, 7, 8));
        }

        return result.roll([shift, shift], [1, 2]).narrow(1, 0, 10).narrow(2, 0, 8);
    }
}
