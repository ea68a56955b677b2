namespace Ark.Evaluation;

/// <summary>How far probabilities are from frequencies.</summary>
internal static class CalibrationError
{
    private const int Bins = 15;
    private const int Draws = 50;

    /// <summary>
    /// The expected calibration error (Guo et al., ICML 2017) of one label: over 15 bins of equal width, the mean distance of mean
    /// probability and frequency, weighted by images.
    /// </summary>
    /// <param name="probabilities">0 to 1.</param>
    /// <param name="targets">0 to 1, NaN missing (left out).</param>
    /// <returns>0 to 1; <see langword="null"/> where every target is missing.</returns>
    public static double? Expected(IReadOnlyList<double> probabilities, IReadOnlyList<float> targets)
    {
        var (sums, hits, counts) = (new double[Bins], new double[Bins], new int[Bins]);
        for (var i = 0; i < probabilities.Count; i++)
        {
            if (float.IsNaN(targets[i])) continue;
            var bin = Math.Min(Bins - 1, (int)(probabilities[i] * Bins));
            sums[bin] += probabilities[i];
            hits[bin] += targets[i];
            counts[bin]++;
        }

        var all = counts.Sum();
        return all == 0 ? null : sums.Zip(hits, (s, h) => Math.Abs(s - h)).Sum() / all;
    }

    /// <summary>The mean error of outcomes that are drawn from the probabilities themselves.</summary>
    /// <param name="probabilities">0 to 1.</param>
    /// <param name="targets">Where they are missing, none is drawn.</param>
    /// <returns>0 to 1; <see langword="null"/> where every target is missing.</returns>
    public static double? ByChance(IReadOnlyList<double> probabilities, IReadOnlyList<float> targets)
    {
        var random = new RandomStream(0);
        return Enumerable.Range(0, Draws).Average(_ => Expected(
            probabilities, [.. probabilities.Select((p, i) => float.IsNaN(targets[i]) ? float.NaN : random.Chance(p) ? 1f : 0f)]));
    }
}
