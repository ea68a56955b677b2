using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>Thresholds that keep a promise: an image counts as positive at its threshold and above.</summary>
internal static class ThresholdChoice
{
    /// <summary>Of all thresholds with at least the wanted sensitivity or specificity, the one that gives the most of the other.</summary>
    /// <param name="kind"><c>sensitivity</c> or <c>specificity</c>.</param>
    /// <param name="target">How much of it.</param>
    /// <param name="probabilities">Of the images.</param>
    /// <param name="targets">1 positive, 0 negative; others are left out.</param>
    /// <returns>The point; <see langword="null"/> where positives or negatives are absent.</returns>
    public static OperatingPoint? Choose(string kind, double target, IReadOnlyList<double> probabilities, IReadOnlyList<float> targets)
    {
        var positives = Sorted(probabilities, targets, 1);
        var negatives = Sorted(probabilities, targets, 0);
        if (positives.Length == 0 || negatives.Length == 0) return null;
        double threshold;
        if (kind == "sensitivity")
        {
            // The lowest of the positives that must be found.
            var needed = Math.Clamp((int)Math.Ceiling((target * positives.Length) - 1e-9), 1, positives.Length);
            threshold = positives[positives.Length - needed];
        }
        else
        {
            // Just above the highest of the negatives that must be left alone.
            var needed = Math.Clamp((int)Math.Ceiling((target * negatives.Length) - 1e-9), 1, negatives.Length);
            threshold = Math.BitIncrement(negatives[needed - 1]);
        }

        return new OperatingPoint(
            kind,
            target,
            threshold,
            positives.Count(p => p >= threshold) / (double)positives.Length,
            negatives.Count(p => p < threshold) / (double)negatives.Length);
    }

    private static double[] Sorted(IReadOnlyList<double> probabilities, IReadOnlyList<float> targets, float value) =>
        [.. Enumerable.Range(0, probabilities.Count).Where(i => targets[i] == value).Select(i => probabilities[i]).Order()];
}
