namespace Ark.Evaluation;

/// <summary>
/// Isotonic regression by pooling adjacent violators: the curve without a fall that is nearest, in squares, to what was observed.
/// </summary>
internal static class IsotonicFit
{
    /// <summary>Fits a curve.</summary>
    /// <param name="probabilities">Where it was observed.</param>
    /// <param name="targets">What was observed, 0 to 1, NaN missing (left out).</param>
    /// <returns>Knots of the curve, straight between them; the identity where nothing was observed.</returns>
    public static (double[] From, double[] To) Fit(IReadOnlyList<double> probabilities, IReadOnlyList<float> targets)
    {
        var points = Enumerable.Range(0, probabilities.Count).Where(i => !float.IsNaN(targets[i]))
            .GroupBy(i => probabilities[i]).OrderBy(g => g.Key).Select(g => new Block(
                g.Key, g.Key, g.Sum(i => (double)targets[i]), g.Count()));
        var blocks = new List<Block>();
        foreach (var point in points)
        {
            blocks.Add(point);
            while (blocks.Count > 1 && blocks[^2].Mean >= blocks[^1].Mean)
            {
                var (left, right) = (blocks[^2], blocks[^1]);
                blocks.RemoveRange(blocks.Count - 2, 2);
                blocks.Add(new Block(left.First, right.Last, left.Sum + right.Sum, left.Count + right.Count));
            }
        }

        if (blocks.Count == 0) return ([0, 1], [0, 1]);
        var (from, to) = (new List<double>(), new List<double>());
        foreach (var block in blocks)
        {
            from.Add(block.First);
            to.Add(block.Mean);
            if (block.Last <= block.First) continue;
            from.Add(block.Last);
            to.Add(block.Mean);
        }

        return ([.. from], [.. to]);
    }

    private readonly record struct Block(double First, double Last, double Sum, int Count)
    {
        public double Mean => Sum / Count;
    }
}
