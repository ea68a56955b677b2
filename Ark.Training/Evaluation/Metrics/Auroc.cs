namespace Ark.Evaluation;

/// <summary>Area under the receiver operating characteristic curve.</summary>
internal static class Auroc
{
    /// <summary>
    /// The probability that a random positive scores above a random negative, ties counting one half (Mann–Whitney): equal to the area
    /// under the empirical ROC curve.
    /// </summary>
    /// <param name="targets">1 positive, 0 negative, NaN missing (left out).</param>
    /// <param name="scores">One score per target; finite.</param>
    /// <returns>The area, or <see langword="null"/> where the targets lack positives or negatives and no curve exists.</returns>
    /// <exception cref="ArgumentException">The lengths differ, a target is neither 0, 1 nor NaN, or a score is not finite.</exception>
    public static double? Compute(float[] targets, float[] scores)
    {
        if (targets.Length != scores.Length)
            throw new ArgumentException($"{targets.Length} targets but {scores.Length} scores.", nameof(scores));
        var figures = new RankedLabel([.. Enumerable.Range(0, targets.Length)], i => targets[i], i => scores[i], _ => false).Compute([]);
        return figures.AreDefined ? figures.Auroc : null;
    }
}
