namespace Ark.Training;

/// <summary>Round numbers for an axis.</summary>
internal static class AxisTicks
{
    /// <summary>Chooses ticks at 1, 2 or 5 times a power of ten that enclose a range.</summary>
    /// <param name="low">The least value.</param>
    /// <param name="high">The greatest value.</param>
    /// <param name="wanted">About how many steps.</param>
    /// <param name="smallest">The smallest step: 1 for whole numbers.</param>
    /// <returns>Ascending ticks, at least two.</returns>
    public static double[] For(double low, double high, int wanted, double smallest = 0)
    {
        if (high - low < 1e-12 * Math.Max(1, Math.Abs(high)))
        {
            var margin = smallest > 0 ? smallest : Math.Max(Math.Abs(high) * 0.1, 1e-6);
            (low, high) = (low - margin, high + margin);
        }

        var rough = (high - low) / wanted;
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var step = Math.Max(smallest, power * ((rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 }));
        var first = Math.Floor((low / step) + 1e-9);
        var last = Math.Ceiling((high / step) - 1e-9);
        return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
    }
}
