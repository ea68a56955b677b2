using Ark.Evaluation;

namespace Ark.Tests.Training;

/// <summary>What a temperature does where there are few images to fit it to.</summary>
public class TemperatureFitTests
{
    [Fact]
    public void Labels_that_are_parted_without_an_error_do_not_become_certain()
    {
        double[] logits = [-1.5, -1.4, -1.3, -1.2, -1.1, -1, -0.9, -0.8, -0.7, -0.5, 0.7, 0.9, 1.1, 1.3];
        float[] targets = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1];
        var (temperature, offset) = TemperatureFit.OfLabel(logits, targets);
        Assert.InRange(temperature, 0.2, 1);
        Assert.InRange((0.3 / temperature) + offset, -3, 3);
    }

    [Fact]
    public void Classes_that_are_parted_without_an_error_do_not_become_certain()
    {
        double[][] logits = [.. Enumerable.Range(0, 15).Select(i => Enumerable.Range(0, 3).Select(k => k == i % 3
            ? 0.8 + (0.02 * i)
            : 0.0).ToArray())];
        float[][] targets = [.. Enumerable.Range(0, 15).Select(i => Enumerable.Range(0, 3).Select(k => k == i % 3 ? 1f : 0).ToArray())];
        Assert.InRange(TemperatureFit.OfHead(logits, targets), 0.15, 1);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(4, 0)]
    [InlineData(0.5, 1)]
    public void Temperature_and_offset_are_found_again_among_many_images(double temperature, double offset)
    {
        var stream = new RandomStream(7);
        var sums = Enumerable.Range(0, 20_000).Select(_ => (stream.NextDouble() * 6) - 3).ToArray();
        var targets = sums.Select(z => stream.NextDouble() < 1 / (1 + Math.Exp(-z)) ? 1f : 0).ToArray();
        var (found, shift) = TemperatureFit.OfLabel([.. sums.Select(z => (z - offset) * temperature)], targets);
        Assert.Equal(temperature, found, 0.06 * temperature);
        Assert.Equal(offset, shift, 0.06);
    }
}
