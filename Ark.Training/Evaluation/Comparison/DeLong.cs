using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>
/// Compares two AUROCs on the same images (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988), with midranks in O(n log n) (Sun and
/// Xu, IEEE Signal Processing Letters 21, 2014).
/// </summary>
internal static class DeLong
{
    /// <summary>Compares two models on one label.</summary>
    /// <param name="targets">1 positive, 0 negative, NaN missing (left out).</param>
    /// <param name="first">The first model's scores.</param>
    /// <param name="second">The second model's scores.</param>
    /// <returns>The comparison; <see langword="null"/> where positives or negatives are absent.</returns>
    public static AurocComparison? Compare(ReadOnlySpan<float> targets, ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        var (a, b) = (Placements(targets, first), Placements(targets, second));
        if (a is not { } one || b is not { } two) return null;
        var (m, n) = (one.OfPositives.Length, one.OfNegatives.Length);
        var variance = Covariance(one, one) + Covariance(two, two) - (2 * Covariance(one, two));
        var difference = one.Auroc - two.Auroc;
        // With one positive or one negative the variance cannot be estimated.
        if (m < 2 || n < 2) return new AurocComparison(one.Auroc, two.Auroc, m, n, null, null, null);
        variance = Math.Max(0, variance);
        // Equal rankings have no variance at all: they do not differ. Without variance no other difference can be judged.
        double? z = variance > 1e-20 ? difference / Math.Sqrt(variance) : difference == 0 ? 0 : null;
        return new AurocComparison(one.Auroc, two.Auroc, m, n, Math.Sqrt(variance), z, z is { } value ? TwoSided(value) : null);
    }

    private static double Covariance(in Placement a, in Placement b) =>
        (Covariance(a.OfPositives, b.OfPositives, a.Auroc, b.Auroc) / a.OfPositives.Length) + (Covariance(
            a.OfNegatives, b.OfNegatives, a.Auroc, b.Auroc) / a.OfNegatives.Length);

    private static double Covariance(double[] a, double[] b, double meanA, double meanB)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += (a[i] - meanA) * (b[i] - meanB);
        return sum / (a.Length - 1);
    }

    // For each positive the share of negatives below it, for each negative the share of positives above it, ties counting one half.
    private static Placement? Placements(ReadOnlySpan<float> targets, ReadOnlySpan<float> scores)
    {
        var keys = new List<float>(targets.Length);
        var places = new List<int>(targets.Length);
        int m = 0, n = 0;
        for (var i = 0; i < targets.Length; i++)
        {
            if (float.IsNaN(targets[i])) continue;
            if (targets[i] is not (0 or 1))
                throw new ArgumentException($"Target {i} is {targets[i]}: a comparison needs 0 or 1.", nameof(targets));
            if (!float.IsFinite(scores[i]))
                throw new ArgumentException($"Score {i} is {scores[i]}: a comparison needs finite scores.", nameof(scores));
            keys.Add(scores[i] + 0f);
            // The place among its class keeps both models' placements in the same order.
            places.Add(targets[i] == 1 ? m++ : ~n++);
        }

        if (m == 0 || n == 0) return null;
        var (sortedKeys, sortedPlaces) = (keys.ToArray(), places.ToArray());
        Array.Sort(sortedKeys, sortedPlaces);
        var (ofPositives, ofNegatives) = (new double[m], new double[n]);
        double sum = 0;
        int positivesBelow = 0, negativesBelow = 0;
        for (int start = 0, end; start < sortedKeys.Length; start = end)
        {
            int tiedPositives = 0, tiedNegatives = 0;
            for (end = start; end < sortedKeys.Length && sortedKeys[end] == sortedKeys[start]; end++)
            {
                if (sortedPlaces[end] >= 0) tiedPositives++;
                else tiedNegatives++;
            }

            for (var i = start; i < end; i++)
            {
                if (sortedPlaces[i] >= 0) ofPositives[sortedPlaces[i]] = (negativesBelow + (tiedNegatives / 2.0)) / n;
                else ofNegatives[~sortedPlaces[i]] = (m - positivesBelow - (tiedPositives / 2.0)) / m;
            }

            sum += tiedPositives * (negativesBelow + (tiedNegatives / 2.0));
            positivesBelow += tiedPositives;
            negativesBelow += tiedNegatives;
        }

        return new Placement(sum / ((double)m * n), ofPositives, ofNegatives);
    }

    private static double TwoSided(double z)
    {
        using var scope = NewDisposeScope();
        return special.erfc(tensor(Math.Abs(z) / Math.Sqrt(2), ScalarType.Float64)).Number();
    }

    private readonly record struct Placement(double Auroc, double[] OfPositives, double[] OfNegatives);
}
