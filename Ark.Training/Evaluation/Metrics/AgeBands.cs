using System.Globalization;

namespace Ark.Evaluation;

/// <summary>Puts numbers into bands: <c>under 20</c>, <c>20 to under 40</c> … <c>80 and over</c>.</summary>
internal static class AgeBands
{
    /// <summary>The bounds that hold where none are given.</summary>
    public static readonly double[] Usual = [20, 40, 60, 80];

    /// <summary>The band of a number.</summary>
    /// <param name="value">The number.</param>
    /// <param name="bounds">Where bands begin, ascending.</param>
    /// <returns>The band's name.</returns>
    public static string BandOf(double value, IReadOnlyList<double> bounds)
    {
        var above = bounds.Count(b => value >= b);
        if (above == 0) return string.Create(CultureInfo.InvariantCulture, $"under {bounds[0]}");
        return above == bounds.Count
            ? string.Create(CultureInfo.InvariantCulture, $"{bounds[^1]} and over")
            : string.Create(CultureInfo.InvariantCulture, $"{bounds[above - 1]} to under {bounds[above]}");
    }

    /// <summary>Where a band begins, so that bands sort by it and not as text.</summary>
    public static double LowerBound(string band)
    {
        if (band.StartsWith("under ", StringComparison.Ordinal)) return double.MinValue;
        return double.TryParse(band.Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : double.MaxValue;
    }
}
