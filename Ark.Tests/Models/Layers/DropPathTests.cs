using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class DropPathTests
{
    [Theory]
    [InlineData("swin_base")]
    [InlineData("swin_tiny")]
    [InlineData("two_stage")]
    public void Rates_rise_linearly_over_all_blocks_as_in_timm(string name)
    {
        var expected = Reference.Json("01_swin_tiny", "extra", "drop_path.json").GetProperty("rates").GetProperty(name);
        var configuration = new SwinConfiguration
        {
            Depths = [.. expected.GetProperty("depths").EnumerateArray().Select(e => e.GetInt32())],
            DropPathRate = expected.GetProperty("drop_path_rate").GetDouble(),
        };
        var rates = configuration.DropPathRates();
        Assert.Equal(expected.GetProperty("per_block").GetArrayLength(), rates.Length);
        // One unit in the last place: the original's vectorised rounding depends on the processor.
        Assert.All(expected.GetProperty("per_block").EnumerateArray().Zip(rates), p => Assert.Equal(p.First.GetDouble(), p.Second, 8e-9));
    }

    [Theory]
    [InlineData(0.1f)]
    [InlineData(0.4f)]
    public void Branch_is_scaled_or_left_out_as_in_timm(float rate)
    {
        using var scope = NewDisposeScope();
        var recorded = Reference.Tensors("01_swin_tiny", "extra", "drop_path.safetensors");
        var key = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"p{rate:0.0}");
        var (input, output) = (recorded[$"{key}.input"], recorded[$"{key}.output"]);
        // The recorded numbers are not those that the recorded output was drawn with, so the output itself says which samples were dropped.
        double[] uniform = [.. Enumerable.Range(0, (int)output.shape[0]).Select(i => output[i].eq(0).all().item<bool>()
            ? rate - 1e-6
            : rate + 1e-6)];
        Assert.Contains(uniform, u => u < rate);
        Reference.AssertClose(key, input * tensor(DropPath.Scales(uniform, rate)).view(-1, 1, 1), output, 1e-6);
    }

    [Fact]
    public void Training_drops_branches_at_their_rate_and_keeps_the_mean()
    {
        using var scope = NewDisposeScope();
        var path = new DropPath(0.3f, new DropPathSource { Stream = new RandomStream(1) });
        var sum = path.Add(zeros(20_000, 1, 1, 1), ones(20_000, 1, 1, 1), training: true);
        Assert.Equal(0.3, sum.eq(0).to(ScalarType.Float64).mean().item<double>(), 0.015);
        Assert.Equal(1.0, sum.mean().item<float>(), 0.02);
        Assert.True(sum.eq(0).logical_or(sum.sub(1 / 0.7).abs().lt(1e-6)).all().item<bool>());
    }

    [Fact]
    public void Training_step_repeats_exactly_when_its_stream_is_set_again_and_evaluation_ignores_it()
    {
        using var scope = NewDisposeScope();
        using var model = new SwinTransformer(SwinVariants.Get("swin_mini") with { DropPathRate = 0.5 }, new Generator(2));
        var images = randn([4, 3, 64, 64], generator: new Generator(3));
        Tensor Run(ulong step)
        {
            model.DropPathStream = new RandomStream(9, step);
            return model.forward(images);
        }

        model.train();
        var first = Run(1);
        rand(5);
        Assert.True(first.Equals(Run(1)));
        Assert.False(first.Equals(Run(2)));
        model.eval();
        Assert.True(Run(1).Equals(Run(2)));
    }
}
