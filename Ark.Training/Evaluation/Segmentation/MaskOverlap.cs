using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>How far a predicted mask is from the true one.</summary>
/// <param name="Dice">Twice the overlap over the sum of both areas, 0 to 1; 1 where both are empty.</param>
/// <param name="IoU">The overlap over the union, 0 to 1; 1 where both are empty.</param>
/// <param name="Hausdorff95">
/// The larger of the two directed 95th percentiles of the distance from one border to the other, in the unit of the spacing (Maier-Hein et
/// al., "Metrics reloaded", 2024); <see langword="null"/> where a mask is empty.
/// </param>
internal readonly record struct MaskOverlap(double Dice, double IoU, double? Hausdorff95)
{
    /// <summary>Compares two masks of one picture.</summary>
    /// <param name="predicted">The prediction.</param>
    /// <param name="truth">The truth, of the same size.</param>
    /// <param name="spacing">The width and height of a pixel; 1 and 1 give distances in pixels.</param>
    /// <param name="ignored">Pixels that are left out of both masks; nothing is a border for lying beside them.</param>
    public static MaskOverlap Of(Mask predicted, Mask truth, (double X, double Y)? spacing = null, bool[]? ignored = null)
    {
        if ((predicted.Width, predicted.Height) != (truth.Width, truth.Height))
            throw new ArgumentException("The masks have different sizes.", nameof(truth));
        if (ignored is not null) (predicted, truth) = (predicted.Without(ignored), truth.Without(ignored));
        int overlap = 0, sum = 0;
        for (var i = 0; i < truth.Pixels.Length; i++)
        {
            if (predicted.Pixels[i] && truth.Pixels[i]) overlap++;
            if (predicted.Pixels[i]) sum++;
            if (truth.Pixels[i]) sum++;
        }

        if (sum == 0) return new MaskOverlap(1, 1, null);
        return new MaskOverlap(2.0 * overlap / sum, (double)overlap / (sum - overlap), Distance(
            predicted, truth, spacing ?? (1, 1), ignored));
    }

    private static double? Distance(Mask a, Mask b, (double X, double Y) spacing, bool[]? ignored)
    {
        var (borderA, borderB) = (a.Border(ignored), b.Border(ignored));
        if (!borderA.Contains(true) || !borderB.Contains(true)) return null;
        return Math.Max(Percentile(borderA, borderB), Percentile(borderB, borderA));

        double Percentile(bool[] from, bool[] to)
        {
            var squares = DistanceMap.Squared(to, a.Width, a.Height, spacing);
            var sorted = from.Select((on, i) => on ? Math.Sqrt(squares[i]) : -1).Where(d => d >= 0).Order().ToArray();
            // Linear between the two nearest ranks, as numpy does.
            var rank = 0.95 * (sorted.Length - 1);
            var below = (int)rank;
            var above = Math.Min(below + 1, sorted.Length - 1);
            return sorted[below] + ((rank - below) * (sorted[above] - sorted[below]));
        }
    }
}
