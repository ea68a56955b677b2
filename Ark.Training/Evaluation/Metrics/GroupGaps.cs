namespace Ark.Evaluation;

/// <summary>Finds the gaps between groups.</summary>
internal static class GroupGaps
{
    private static readonly (string Name, int Figure, Func<LabelEvaluation, double?> Read)[] Compared =
        [("auroc", 0, l => l.Auroc), ("sensitivity", 5, l => l.Sensitivity), ("specificity", 6, l => l.Specificity)];

    /// <summary>Compares the groups of one column.</summary>
    /// <param name="column">The column.</param>
    /// <param name="groups">Its groups.</param>
    /// <param name="replicates">The figures of all parts of the set, replicate by replicate; empty for no intervals.</param>
    /// <param name="firstPart">Where the first group's part is.</param>
    /// <param name="size">Figures of a part.</param>
    /// <returns>The comparison.</returns>
    public static GroupComparison Compare(
        string column, IReadOnlyList<GroupEvaluation> groups, double[][] replicates, int firstPart, int size)
    {
        var known = Enumerable.Range(0, groups.Count).Where(g => groups[g].Value != ImageGroups.Unknown).ToArray();
        var gaps = new List<GroupGap>();
        if (known.Length >= 2)
        {
            var names = groups[0].Figures.Labels.Select(l => l.Name).ToArray();
            var common = Enumerable.Range(0, names.Length)
                .Where(k => known.All(g => groups[g].Figures.Labels[k].Auroc is not null))
                .ToArray();
            Add(
                "mean_auroc",
                null,
                g => common.Length == 0 ? null : common.Average(k => groups[g].Figures.Labels[k].Auroc),
                [.. common.Select(k => k * LabelFigures.Count)]);
            for (var k = 0; k < names.Length; k++)
            {
                foreach (var (name, figure, read) in Compared)
                {
                    var label = k;
                    Add(name, names[k], g => read(groups[g].Figures.Labels[label]), [(k * LabelFigures.Count) + figure]);
                }
            }
        }

        return new GroupComparison(column, groups, gaps);

        void Add(string figure, string? label, Func<int, double?> valueOf, int[] places)
        {
            var defined = known.Select(g => (Group: g, Value: valueOf(g))).Where(p => p.Value is not null).ToArray();
            if (defined.Length < 2) return;
            var (highest, lowest) = (defined.MaxBy(p => p.Value), defined.MinBy(p => p.Value));
            var interval = replicates.Length == 0 || highest.Group == lowest.Group ? null
                : Bootstrap.Interval(
                    [.. replicates.Select(r => new[] { Difference(r, firstPart + highest.Group, firstPart + lowest.Group, places, size) })],
                    0);
            gaps.Add(new GroupGap(
                figure, label, groups[highest.Group].Value, groups[lowest.Group].Value, highest.Value!.Value - lowest.Value!.Value,
                interval));
        }
    }

    // The mean over those labels that this replicate defines in both groups.
    private static double Difference(double[] replicate, int high, int low, int[] places, int size)
    {
        double sum = 0;
        var count = 0;
        foreach (var place in places)
        {
            var difference = replicate[(high * size) + place] - replicate[(low * size) + place];
            if (!double.IsFinite(difference)) continue;
            sum += difference;
            count++;
        }

        return count == 0 ? double.NaN : sum / count;
    }
}
