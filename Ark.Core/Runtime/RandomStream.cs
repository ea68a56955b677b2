using System.Numerics;

namespace Ark;

/// <summary>
/// A reproducible stream of random numbers (xoshiro256**, seeded through SplitMix64). A stream is named by the run's seed and a path of
/// numbers (say: epoch, dataset, sample), so that what a sample draws depends neither on the thread that prepares it nor on its neighbours.
/// Not thread-safe: each user has its own stream.
/// </summary>
/// <remarks>
/// The generator is fixed by this class, not by the runtime: a seed gives the same numbers on every platform and version.
/// </remarks>
public sealed class RandomStream
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>Opens the stream of a seed and a path.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="path">Numbers that name the stream within the run.</param>
    public RandomStream(ulong seed, params ReadOnlySpan<ulong> path)
    {
        var state = Mix(seed);
        foreach (var step in path) state = Mix(state ^ Mix(step + 0x9E3779B97F4A7C15UL));
        _s0 = SplitMix(ref state);
        _s1 = SplitMix(ref state);
        _s2 = SplitMix(ref state);
        _s3 = SplitMix(ref state);
    }

    private RandomStream(RandomStream other) => (_s0, _s1, _s2, _s3) = (other._s0, other._s1, other._s2, other._s3);

    /// <summary>A stream that goes on as this one does, apart from it.</summary>
    internal RandomStream Fork() => new(this);

    /// <summary>The next 64 random bits.</summary>
    /// <returns>A number uniform over all 64-bit values.</returns>
    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        var t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number uniform in [0, 1), with 53 random bits.</summary>
    /// <returns>The number.</returns>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number uniform in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    /// <param name="low">The least value.</param>
    /// <param name="high">The bound that is not reached.</param>
    /// <returns>The number.</returns>
    public double Uniform(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>Whether an event of the given probability happens.</summary>
    /// <param name="probability">In [0, 1].</param>
    /// <returns><see langword="true"/> with that probability.</returns>
    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>An integer uniform in [0, <paramref name="count"/>), without bias.</summary>
    /// <param name="count">How many values there are; at least 1.</param>
    /// <returns>The integer.</returns>
    public int NextInt32(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        // Lemire's method: multiply, and reject the few values that would favour some results.
        var product = Math.BigMul(NextUInt64(), (ulong)count, out var low);
        if (low < (ulong)count)
        {
            var threshold = unchecked(0UL - (ulong)count) % (ulong)count;
            while (low < threshold) product = Math.BigMul(NextUInt64(), (ulong)count, out low);
        }

        return (int)product;
    }

    /// <summary>
    /// A normally distributed number (Box–Muller; the second of each pair is discarded so that draws stay independent of history).
    /// </summary>
    /// <param name="mean">The mean.</param>
    /// <param name="deviation">The standard deviation.</param>
    /// <returns>The number.</returns>
    public double Normal(double mean = 0, double deviation = 1)
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return mean + (deviation * radius * Math.Cos(2 * Math.PI * NextDouble()));
    }

    /// <summary>Puts items in a random order (Fisher–Yates).</summary>
    /// <typeparam name="T">The items' type.</typeparam>
    /// <param name="items">The items, reordered in place.</param>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt32(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong state) => SplitMix(ref state);

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15UL;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
