using System.Globalization;
using System.Text.Json;
using Ark.Data;

namespace Ark.Tests.Data;

/// <summary>The generator that chooses subsets and smooths labels is Python's.</summary>
public sealed class PythonRandomTests
{
    private static readonly JsonElement Recorded = JsonDocument.Parse(
        File.ReadAllText(Fixture.PathOf("06_adapters", "python_random.json"))).RootElement;

    [Fact]
    public void Shuffled_orders_are_those_of_the_original()
    {
        foreach (var recorded in Recorded.GetProperty("shuffle_Random99_of_arange").EnumerateObject())
            Assert.Equal(
                recorded.Value.EnumerateArray().Select(v => v.GetInt32()),
                AnnotatedFraction.Choose(int.Parse(recorded.Name, CultureInfo.InvariantCulture), 100));
    }

    [Fact]
    public void Subsets_have_the_sizes_of_the_original()
    {
        foreach (var recorded in Recorded.GetProperty("counts").EnumerateObject())
        {
            var parts = recorded.Name.Split('@').Select(p => int.Parse(p, CultureInfo.InvariantCulture)).ToArray();
            Assert.Equal(recorded.Value.GetInt32(), AnnotatedFraction.Choose(parts[0], parts[1]).Length);
        }
    }

    [Fact]
    public void Numbers_are_those_of_python()
    {
        var random = new PythonRandom(2023);
        Assert.All(Recorded.GetProperty("random_seed2023_first20").EnumerateArray(), v => Assert.Equal(v.GetDouble(), random.NextDouble()));
        var uniform = new PythonRandom(2023);
        Assert.All(
            Recorded.GetProperty("uniform_055_085_seed2023_first10").EnumerateArray(),
            v => Assert.Equal(v.GetDouble(), uniform.Uniform(0.55, 0.85)));
        var bits = new PythonRandom(99);
        Assert.All(
            Recorded.GetProperty("getrandbits32_seed99_first10").EnumerateArray(), v => Assert.Equal(v.GetUInt32(), bits.NextUInt32()));
    }

    // python3 -c "import random; random.seed(2**40 + 5); print(random.random())"
    [Fact]
    public void A_seed_of_more_than_32_bits_seeds_as_in_python() =>
        Assert.Equal(0.5043802970418443, new PythonRandom((1UL << 40) + 5).NextDouble());
}
