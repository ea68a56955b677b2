using Ark.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class TrainingPassTests
{
    [Fact]
    public void Checkpointed_pass_gives_the_gradients_of_a_plain_one_bit_by_bit_with_drop_path_too()
    {
        using var network = Network();
        var plain = Gradients(network, ScalarType.Float32, checkpoint: false);
        var checkpointed = Gradients(network, ScalarType.Float32, checkpoint: true);
        Assert.Equal(plain.Keys, checkpointed.Keys);
        Assert.True(plain.Count > 20);
        Assert.All(plain, g => Assert.True(g.Value.equal(checkpointed[g.Key]).all().item<bool>(), $"{g.Key} differs"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pass_in_bfloat16_gives_gradients_in_float32_that_point_where_those_of_float32_do(bool checkpoint)
    {
        using var network = Network();
        var exact = Gradients(network, ScalarType.Float32, checkpoint: false);
        var coarse = Gradients(network, ScalarType.BFloat16, checkpoint);
        Assert.Equal(exact.Keys, coarse.Keys);
        Assert.All(coarse.Values, g => Assert.Equal(ScalarType.Float32, g.dtype));
        var (a, b) = (cat([.. exact.Values.Select(g => g.flatten())]), cat([.. coarse.Values.Select(g => g.flatten())]));
        Assert.InRange((a.dot(b) / (a.norm() * b.norm())).ToDouble(), 0.999, 1.0001);
        Assert.InRange((b.norm() / a.norm()).ToDouble(), 0.98, 1.02);
    }

    private static ArkModel Network()
    {
        using var generator = new Generator(7);
        return new ArkModel(new ArkModelConfiguration
        {
            Backbone = new SwinConfiguration
            {
                ImageHeight = 32,
                ImageWidth = 32,
                PatchSize = 4,
                WindowSize = 4,
                EmbedDim = 24,
                Depths = [2, 2],
                NumHeads = [3, 6],
                NumClasses = 0,
                DropPathRate = 0.3,
            },
            Projector = ProjectorKind.Mlp,
            ProjectorFeatures = 12,
            Heads = [new ArkHead("a", 3), new ArkHead("b", 2)],
        }, generator);
    }

    private static Dictionary<string, Tensor> Gradients(ArkModel network, ScalarType precision, bool checkpoint)
    {
        using var generator = new Generator(8);
        var images = randn([6, 3, 32, 32], generator: generator);
        network.train();
        network.Precision = precision;
        network.DropPathStream = new RandomStream(4);
        foreach (var parameter in network.parameters()) parameter.grad = null;
        using var pass = new TrainingPass(network, images, blocks: null, checkpoint);
        using var scope = NewDisposeScope();
        var features = network.FeaturesOf(pass.Tokens);
        var loss = network.Logits(features, 0).pow(2).mean() + features.abs().mean();
        pass.Backward(loss);
        return network.named_parameters().Where(p => p.parameter.grad is not null).ToDictionary(
            p => p.name, p => p.parameter.grad!.clone().DetachFromDisposeScope());
    }
}
