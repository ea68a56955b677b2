using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class InitializationTests
{
    private static readonly ArkModelConfiguration Small = new()
    {
        Backbone = new SwinConfiguration
        {
            ImageHeight = 16,
            ImageWidth = 16,
            PatchSize = 4,
            WindowSize = 2,
            EmbedDim = 4,
            Depths = [1, 1],
            NumHeads = [1, 2],
            NumClasses = 3,
        },
        ProjectorFeatures = 6,
        Heads = [new ArkHead("first", 3), new ArkHead("second", 1)],
    };

    [Fact]
    public void Fresh_weights_are_the_originals_when_the_generator_has_the_same_seed()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(123);
        using var model = new ArkModel(Small, generator);
        var expected = Reference.Tensors("01_swin_tiny", "extra", "init_seed123.safetensors");
        Assert.Equal(expected.Count, model.named_parameters().Count());
        foreach (var (name, parameter) in model.named_parameters()) Reference.AssertClose(name, parameter, expected[name], 1e-6);
    }

    [Fact]
    public void Fresh_weights_follow_the_generator_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        using var first = new ArkModel(Small, new Generator(5));
        rand(10);
        using var same = new ArkModel(Small, new Generator(5));
        using var other = new ArkModel(Small, new Generator(6));
        Assert.All(first.state_dict(), p => Assert.True(p.Value.Equals(same.state_dict()[p.Key]), p.Key));
        Assert.False(first.state_dict()["projector.0.weight"].Equals(other.state_dict()["projector.0.weight"]));
    }

    [Fact]
    public void Fresh_weights_have_the_statistics_of_the_original()
    {
        using var scope = NewDisposeScope();
        using var model = new ArkModel(
            new ArkModelConfiguration
            {
                Backbone = new SwinConfiguration { Depths = [2, 2, 2, 2] },
                Heads = [new ArkHead("first", 14), new ArkHead("second", 3)],
            },
            new Generator(11));
        var state = model.state_dict();
        var statistics = Reference.Json("01_swin_tiny", "extra", "init_stats.json").GetProperty("stats");
        Assert.Equal(model.named_parameters().Count(), statistics.GetArrayLength());
        foreach (var entry in statistics.EnumerateArray())
        {
            var (name, mean, deviation) = (entry[0].GetString()!, entry[2].GetDouble(), entry[3].GetDouble());
            // One recorded weight is -2, a hundred deviations out: a draw of exactly -1, which ours cuts at six deviations.
            var (lowest, highest) = (Math.Max(entry[4].GetDouble(), -5.5 * deviation), entry[5].GetDouble());
            var values = state[name];
            Assert.Equal(entry[1].EnumerateArray().Select(e => e.GetInt64()), state[name].shape);
            var count = (double)values.numel();
            if (deviation == 0)
            {
                Assert.True(values.eq(mean).all().item<bool>(), name);
                continue;
            }

            // Both are samples: five standard errors of the difference of two means and of two deviations.
            Assert.True(Math.Abs(values.mean().item<float>() - mean) < 5 * deviation * Math.Sqrt(2.0 / count), $"mean of {name}");
            Assert.True(Math.Abs(values.std().item<float>() - deviation) < 5 * deviation / Math.Sqrt(count), $"deviation of {name}");
            if (count < 1000) continue;
            var (low, high) = (values.min().item<float>(), values.max().item<float>());
            Assert.True(low > lowest * 1.6 && low < lowest * 0.6 && high < highest * 1.6 && high > highest * 0.6, $"range of {name}");
        }
    }
}
