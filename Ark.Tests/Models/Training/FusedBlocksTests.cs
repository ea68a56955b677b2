using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class FusedBlocksTests
{
    /// <summary>Shapes: windows with and without shift, whole tiles and parts of them, heads of 8, 16 and 32 channels, one stage alone.</summary>
    public static TheoryData<string, SwinConfiguration> Shapes => new()
    {
        { "windows of 4", Shape(32, 4, 4, 32, [2, 2], [2, 4]) },
        { "windows of 7", Shape(56, 4, 7, 32, [2, 1], [1, 2]) },
        { "windows of 7, heads of 8", Shape(56, 4, 7, 48, [2], [6]) },
        { "windows of 12", Shape(96, 4, 12, 32, [2], [1]) },
        { "windows of 5", Shape(80, 4, 5, 64, [2, 2], [2, 4]) },
        { "wide", Shape(16, 4, 2, 112, [2], [7]) },
        { "positions", Shape(32, 4, 4, 32, [1, 1], [2, 4]) with { AbsolutePositionEmbedding = true } },
        { "no norm of patches", Shape(32, 4, 4, 32, [1, 1], [2, 4]) with { PatchNorm = false } },
        { "positions alone", Shape(32, 4, 4, 32, [1, 1], [2, 4]) with { PatchNorm = false, AbsolutePositionEmbedding = true } },
        { "one channel", Shape(32, 4, 4, 32, [1, 1], [2, 4]) with { InputChannels = 1 } },
        { "patches of no whole vectors", Shape(16, 2, 4, 32, [1, 1], [2, 4]) },
        { "a wide and low image", Shape(32, 4, 4, 32, [1, 1], [2, 4]) with { ImageHeight = 32, ImageWidth = 64 } },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gradients_are_those_of_the_plain_operators_for_any_shape(string name, SwinConfiguration shape)
    {
        Assert.NotEmpty(name);
        using var network = Network(shape);
        using var blocks = FusedBlocks.Create(network.Backbone, network.Precision, 2);
        Assert.SkipWhen(blocks is null, "There are no kernels for this processor.");
        var plain = Gradients(network, blocks: null, checkpoint: false, batch: 5);
        var fused = Gradients(network, blocks, checkpoint: false, batch: 5);
        RequireClose(plain, fused, 2e-5);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Gradients_in_bfloat16_point_where_those_of_single_precision_do(string name, SwinConfiguration shape)
    {
        Assert.NotEmpty(name);
        using var network = Network(shape);
        var exact = Gradients(network, blocks: null, checkpoint: false, batch: 5);
        network.Precision = ScalarType.BFloat16;
        using var blocks = FusedBlocks.Create(network.Backbone, network.Precision, 2);
        Assert.SkipWhen(blocks is null, "The processor has no bfloat16 instructions.");
        var plain = Gradients(network, blocks: null, checkpoint: false, batch: 5);
        var fused = Gradients(network, blocks, checkpoint: false, batch: 5);
        Assert.Equal(exact.Keys, fused.Keys);
        Assert.All(exact, g => Assert.True(
            Cosine(g.Value, fused[g.Key]) > 0.995, $"{g.Key}: {Cosine(g.Value, fused[g.Key])}, plain {Cosine(g.Value, plain[g.Key])}"));
    }

    private static double Cosine(Tensor one, Tensor other) =>
        (one.flatten().dot(other.flatten()) / (one.norm() * other.norm())).ToDouble();

    [Fact]
    public void Gradients_do_not_depend_on_threads_or_checkpoints_bit_by_bit()
    {
        using var network = Network(Shape(56, 4, 7, 96, [2, 2], [3, 6]));
        using var one = FusedBlocks.Create(network.Backbone, network.Precision, 1);
        using var three = FusedBlocks.Create(network.Backbone, network.Precision, 3);
        Assert.SkipWhen(one is null || three is null, "There are no kernels for this processor.");
        var first = Gradients(network, one, checkpoint: false, batch: 23);
        foreach (var other in (Dictionary<string, Tensor>[])
            [Gradients(network, three, checkpoint: false, batch: 23), Gradients(network, three, checkpoint: true, batch: 23)])
        {
            Assert.Equal(first.Keys, other.Keys);
            Assert.All(first, g => Assert.True(g.Value.equal(other[g.Key]).all().item<bool>(), $"{g.Key} differs"));
        }
    }

    [Fact]
    public void Gradients_of_a_large_batch_go_through_several_batches_of_windows()
    {
        using var network = Network(Shape(112, 4, 7, 96, [2], [3]));
        using var blocks = FusedBlocks.Create(network.Backbone, network.Precision, 2);
        Assert.SkipWhen(blocks is null, "There are no kernels for this processor.");
        RequireClose(Gradients(network, null, checkpoint: false, batch: 17), Gradients(network, blocks, checkpoint: false, batch: 17), 2e-5);
    }

    [Fact]
    public void Gradients_of_a_second_pass_are_added()
    {
        using var network = Network(Shape(32, 4, 4, 32, [2, 2], [2, 4]));
        using var blocks = FusedBlocks.Create(network.Backbone, network.Precision, 2);
        Assert.SkipWhen(blocks is null, "There are no kernels for this processor.");
        var once = Gradients(network, blocks, checkpoint: false, batch: 3);
        var twice = Gradients(network, blocks, checkpoint: false, batch: 3, passes: 2);
        RequireClose(once.ToDictionary(g => g.Key, g => g.Value.mul(2)), twice, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Tokens_without_gradients_are_those_of_the_network(string name, SwinConfiguration shape)
    {
        Assert.NotEmpty(name);
        using var network = Network(shape);
        network.eval();
        using var blocks = FusedBlocks.Create(network.Backbone, network.Precision, 2);
        Assert.SkipWhen(blocks is null, "There are no kernels for this processor.");
        using var generator = new Generator(3);
        using var images = randn([4, 3, shape.ImageHeight, shape.ImageWidth], generator: generator);
        using var noGradient = no_grad();
        using var tokens = blocks.Tokens(network, images);
        using var features = network.FeaturesOf(tokens);
        using var expected = network.Features(images);
        Assert.InRange((features - expected).abs().max().item<float>(), 0, 3e-6f * expected.abs().max().item<float>());
    }

    [Fact]
    public void Covers_is_false_for_parameters_of_another_type()
    {
        using var network = Network(Shape(32, 4, 4, 32, [2, 2], [2, 4]));
        using var blocks = FusedBlocks.Create(network.Backbone, network.Precision, 2);
        Assert.SkipWhen(blocks is null, "There are no kernels for this processor.");
        Assert.True(blocks.Covers(network));
        network.Stages[1].blocks[0].mlp.fc1.to(ScalarType.Float64);
        Assert.False(blocks.Covers(network));
    }

    [Fact]
    public void Covers_is_false_for_parameters_of_patches_or_merging_that_are_not_dense()
    {
        using var network = Network(Shape(32, 4, 4, 32, [2, 2], [2, 4]));
        using var blocks = FusedBlocks.Create(network.Backbone, network.Precision, 2);
        Assert.SkipWhen(blocks is null, "There are no kernels for this processor.");
        var merging = network.Stages[0].downsample!.reduction;
        using var whole = merging.weight!;
        merging.weight = nn.Parameter(zeros(128, 64).t());
        Assert.False(blocks.Covers(network));
        merging.weight = nn.Parameter(zeros(64, 128));
        Assert.True(blocks.Covers(network));
        network.Patches.proj.to(ScalarType.Float64);
        Assert.False(blocks.Covers(network));
    }

    [Fact]
    public void Gradients_are_the_same_when_the_memory_of_a_larger_step_is_used_again()
    {
        using var network = Network(Shape(56, 4, 7, 32, [2, 1], [1, 2]));
        using var blocks = FusedBlocks.Create(network.Backbone, network.Precision, 2);
        Assert.SkipWhen(blocks is null, "There are no kernels for this processor.");
        var first = Gradients(network, blocks, checkpoint: false, batch: 3);
        Gradients(network, blocks, checkpoint: false, batch: 7);
        var again = Gradients(network, blocks, checkpoint: false, batch: 3);
        Assert.All(first, g => Assert.True(g.Value.equal(again[g.Key]).all().item<bool>(), $"{g.Key} differs"));
    }

    [Theory]
    [InlineData("layers.1.blocks.0.mlp.fc1.bias")]
    [InlineData("patch_embed")]
    [InlineData("")]
    public void Parameters_that_do_not_learn_get_no_gradient_and_the_others_theirs(string frozen)
    {
        using var network = Network(Shape(32, 4, 4, 32, [2, 2], [2, 4]));
        foreach (var (name, parameter) in network.named_parameters())
            parameter.requires_grad = name.StartsWith("omni", StringComparison.Ordinal) || !name.StartsWith(frozen, StringComparison.Ordinal);
        using var blocks = FusedBlocks.Create(network.Backbone, network.Precision, 2);
        Assert.SkipWhen(blocks is null, "There are no kernels for this processor.");
        var plain = Gradients(network, null, checkpoint: false, batch: 3);
        var fused = Gradients(network, blocks, checkpoint: false, batch: 3);
        Assert.DoesNotContain(plain.Keys, k => !k.StartsWith("omni", StringComparison.Ordinal) && k.StartsWith(frozen, StringComparison.Ordinal));
        RequireClose(plain, fused, 2e-5, least: 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Outputs_of_each_stage_lead_gradients_back_as_in_the_plain_network(bool unmerged)
    {
        using var scope = NewDisposeScope();
        using var network = Network(Shape(32, 4, 4, 32, [1, 2], [2, 4]) with { DropPathRate = 0 });
        using var blocks = FusedBlocks.Create(network.Backbone, network.Precision, 2);
        Assert.SkipWhen(blocks is null, "There are no kernels for this processor.");
        using var generator = new Generator(5);
        var images = randn([3, 3, 32, 32], generator: generator);
        (unmerged ? network.UnmergedFeatures(images) : network.StageFeatures(images)).Select(f => f.pow(2).mean()).Aggregate((a, b) => a + b)
            .backward();
        var plain = Collect(network);
        foreach (var parameter in network.parameters()) parameter.grad = null;
        using var pass = new TrainingPass(
            network, images, blocks, checkpoint: false, unmerged ? PassOutputs.StagesUnmerged : PassOutputs.Stages);
        pass.Backward(pass.Outputs.Select(f => f.pow(2).mean()).Aggregate((a, b) => a + b));
        RequireClose(plain, Collect(network), 2e-5);
    }

    private static SwinConfiguration Shape(int image, int patch, int window, int channels, int[] depths, int[] heads) => new()
    {
        ImageHeight = image,
        ImageWidth = image,
        PatchSize = patch,
        WindowSize = window,
        EmbedDim = channels,
        Depths = depths,
        NumHeads = heads,
        NumClasses = 0,
        DropPathRate = 0.3,
    };

    private static ArkModel Network(SwinConfiguration backbone)
    {
        using var generator = new Generator(7);
        var network = new ArkModel(
            new ArkModelConfiguration
            {
                Backbone = backbone,
                Projector = ProjectorKind.Linear,
                ProjectorFeatures = 12,
                Heads = [new ArkHead("a", 3)],
            },
            generator);
        using var noGradient = no_grad();
        foreach (var (name, parameter) in network.named_parameters())
        {
            // Norms that are not the identity, and biases that say something.
            if (parameter.dim() == 1) parameter.add_(randn(parameter.shape, generator: generator) * 0.3);
            if (name.EndsWith("bias_table", StringComparison.Ordinal)) parameter.mul_(20);
        }

        return network;
    }

    private static Dictionary<string, Tensor> Gradients(ArkModel network, FusedBlocks? blocks, bool checkpoint, int batch, int passes = 1)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(8);
        var images = randn([batch, 3, network.Backbone.ImageHeight, network.Backbone.ImageWidth], generator: generator);
        network.train();
        foreach (var parameter in network.parameters()) parameter.grad = null;
        for (var i = 0; i < passes; i++)
        {
            network.DropPathStream = new RandomStream(4);
            using var pass = new TrainingPass(network, images, blocks, checkpoint);
            var features = network.FeaturesOf(pass.Tokens);
            pass.Backward(network.Logits(features, 0).pow(2).mean() + features.abs().mean());
        }

        return Collect(network);
    }

    private static Dictionary<string, Tensor> Collect(ArkModel network) =>
        network.named_parameters().Where(p => p.parameter.grad is not null).ToDictionary(
            p => p.name, p => p.parameter.grad!.clone().DetachFromDisposeScope());

    private static void RequireClose(Dictionary<string, Tensor> expected, Dictionary<string, Tensor> actual, double tolerance, int least = 11)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        Assert.True(expected.Count >= least);
        Assert.All(expected, g =>
        {
            var difference = (g.Value - actual[g.Key]).abs().max().item<float>() / g.Value.abs().max().item<float>();
            Assert.True(difference <= tolerance, $"{g.Key} differs by {difference}");
        });
    }
}
