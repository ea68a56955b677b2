namespace Ark.Training;

/// <summary>Area under the receiver operating characteristic curve.</summary>
internal static class Auroc
{
    /// <summary>
    /// The probability that a random positive scores above a random negative, ties counting one half (Mann–Whitney): equal to the area under the
    /// empirical ROC curve.
    /// </summary>
    /// <param name="targets">1 positive, 0 negative, NaN missing (left out).</param>
    /// <param name="scores">One score per target; finite.</param>
    /// <returns>The area, or <see langword="null"/> where the targets lack positives or negatives and no curve exists.</returns>
    /// <exception cref="ArgumentException">The lengths differ, a target is neither 0, 1 nor NaN, or a score is not finite.</exception>
    public static double? Compute(ReadOnlySpan<float> targets, ReadOnlySpan<float> scores)
    {
        if (targets.Length != scores.Length) throw new ArgumentException($"{targets.Length} targets but {scores.Length} scores.", nameof(scores));
        var sorted = new List<(float Score, bool Positive)>(targets.Length);
        for (var i = 0; i < targets.Length; i++)
        {
            if (float.IsNaN(targets[i])) continue;
            if (targets[i] is not (0 or 1)) throw new ArgumentException($"Target {i} is {targets[i]}: an AUROC needs 0 or 1.", nameof(targets));
            if (!float.IsFinite(scores[i])) throw new ArgumentException($"Score {i} is {scores[i]}: an AUROC needs finite scores.", nameof(scores));
            sorted.Add((scores[i], targets[i] == 1));
        }

        sorted.Sort(static (a, b) => a.Score.CompareTo(b.Score));
        // Doubled counts keep the halves of ties in integers, so that the result does not depend on the order of equal scores.
        long doubledWins = 0, negativesBelow = 0, positives = 0;
        for (int start = 0, end; start < sorted.Count; start = end)
        {
            long tiedPositives = 0, tiedNegatives = 0;
            for (end = start; end < sorted.Count && sorted[end].Score == sorted[start].Score; end++)
            {
                if (sorted[end].Positive) tiedPositives++;
                else tiedNegatives++;
            }

            doubledWins += tiedPositives * ((2 * negativesBelow) + tiedNegatives);
            negativesBelow += tiedNegatives;
            positives += tiedPositives;
        }

        return positives == 0 || negativesBelow == 0 ? null : doubledWins / (2.0 * positives * negativesBelow);
    }
}
