using Ark.Phantom;

namespace Ark.Tests.Phantom;

public sealed class PortableMathTests
{
    [Fact]
    public void Exp_agrees_with_the_system_over_the_range_of_attenuation()
    {
        for (var x = -30.0; x < 30; x += 0.0137) Assert.Equal(1, PortableMath.Exp(x) / Math.Exp(x), 1e-9);
    }

    [Fact]
    public void Log_agrees_with_the_system_over_fourteen_decades()
    {
        for (var x = 1e-7; x < 1e7; x *= 1.0173) Assert.Equal(Math.Log(x), PortableMath.Log(x), 1e-9);
    }

    [Fact]
    public void Sine_and_cosine_agree_with_the_system_over_several_turns()
    {
        for (var x = -20.0; x < 20; x += 0.0113)
        {
            Assert.Equal(Math.Sin(x), PortableMath.Sin(x), 1e-9);
            Assert.Equal(Math.Cos(x), PortableMath.Cos(x), 1e-9);
        }
    }

    [Fact]
    public void Bell_has_mean_zero_and_deviation_one()
    {
        var random = new RandomStream(5);
        var numbers = Enumerable.Range(0, 40_000).Select(_ => (double)PortableMath.Bell(random.NextUInt64())).ToArray();
        Assert.Equal(0, numbers.Average(), 0.02);
        Assert.Equal(1, numbers.Average(n => n * n), 0.03);
    }
}
