namespace Ark.Evaluation;

/// <summary>
/// The temperature, and for independent labels an offset, that make observed labels most likely. A correction is made only where the data
/// ask for it: by Akaike's criterion its likelihood must gain more than one unit for each number fitted, else the outputs stay as they are.
/// Small validation sets would otherwise make well-calibrated labels worse. What is fitted is fitted to Platt's smoothed targets
/// ("Probabilistic outputs for support vector machines", 1999): of labels that the scores part without an error, the likeliest temperature
/// is 0.
/// </summary>
internal static class TemperatureFit
{
    private const double Lowest = 0.02;
    private const double Highest = 50;
    private const double FurthestOffset = 20;

    /// <summary>Of independent labels: one label.</summary>
    /// <param name="logits">Its logits.</param>
    /// <param name="targets">0 to 1, NaN missing.</param>
    /// <returns>What logits are divided by, and what is added then; 1 and 0 where nothing is to be corrected.</returns>
    public static (double Temperature, double Offset) OfLabel(IReadOnlyList<double> logits, IReadOnlyList<float> targets)
    {
        var known = Enumerable.Range(0, logits.Count).Where(i => !float.IsNaN(targets[i])).ToArray();
        if (known.All(i => targets[i] >= 0.5f) || known.All(i => targets[i] < 0.5f)) return (1, 0);
        var positives = known.Sum(i => (double)targets[i]);
        var (high, low) = ((positives + 1) / (positives + 2), 1 / (known.Length - positives + 2));
        double Smoothed(float target) => low + (target * (high - low));
        double Loss(double temperature, double offset, Func<float, double> target) => known.Sum(i =>
        {
            var z = (logits[i] / temperature) + offset;
            return Softplus(z) - (target(targets[i]) * z);
        });
        // The best offset of a temperature: there the mean probability is the frequency.
        double Offset(double temperature) =>
            Root(offset => known.Sum(i => (1 / (1 + Math.Exp(-((logits[i] / temperature) + offset)))) - Smoothed(targets[i])));

        var alone = Minimise(t => Loss(t, 0, Smoothed));
        var both = Minimise(t => Loss(t, Offset(t), Smoothed));
        (double Temperature, double Offset, int Fitted)[] candidates = [(1, 0, 0), (alone, 0, 1), (both, Offset(both), 2)];
        var best = candidates.MinBy(c => Loss(c.Temperature, c.Offset, t => t) + c.Fitted);
        return (best.Temperature, best.Offset);
    }

    /// <summary>Of exclusive classes: the whole head.</summary>
    /// <param name="logits">Rows of logits.</param>
    /// <param name="targets">Rows of one-hot targets; a row with a missing one is left out.</param>
    /// <returns>What logits are divided by; 1 where nothing is to be corrected.</returns>
    public static double OfHead(IReadOnlyList<double[]> logits, IReadOnlyList<float[]> targets)
    {
        var known = Enumerable.Range(0, logits.Count).Where(i => !targets[i].Any(float.IsNaN)).ToArray();
        if (known.Length == 0) return 1;
        var classes = logits[0].Length;
        var counts = Enumerable.Range(0, classes).Select(c => known.Sum(i => (double)targets[i][c])).ToArray();
        // Of a row of class c the share of c is (n + 1) / (n + K), and that of each other class 1 / (n + K).
        double[] Smoothed(float[] row)
        {
            var shares = row.Select((y, c) => y / (counts[c] + classes)).ToArray();
            var others = shares.Sum();
            return [.. row.Select((_, c) => others + (shares[c] * counts[c]))];
        }

        double Loss(double temperature, double[][] wanted) => known.Select((i, j) =>
        {
            var largest = logits[i].Max() / temperature;
            return largest + Math.Log(
                logits[i].Sum(z => Math.Exp((z / temperature) - largest))) - logits[i].Zip(wanted[j], (z, y) => y * z / temperature).Sum();
        }).Sum();
        double[][] plain = [.. known.Select(i => Array.ConvertAll(targets[i], y => (double)y))];
        double[][] smoothed = [.. known.Select(i => Smoothed(targets[i]))];
        var best = Minimise(t => Loss(t, smoothed));
        return Loss(best, plain) + 1 < Loss(1, plain) ? best : 1;
    }

    // Of a function that rises.
    private static double Root(Func<double, double> function)
    {
        var (low, high) = (-FurthestOffset, FurthestOffset);
        while (high - low > 1e-9)
        {
            var middle = (low + high) / 2;
            if (function(middle) < 0) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }

    private static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    // By golden section over the logarithm: the loss has one minimum in the inverse temperature.
    private static double Minimise(Func<double, double> loss)
    {
        var ratio = (Math.Sqrt(5) - 1) / 2;
        var (low, high) = (Math.Log(Lowest), Math.Log(Highest));
        var (a, b) = (high - (ratio * (high - low)), low + (ratio * (high - low)));
        var (fa, fb) = (loss(Math.Exp(a)), loss(Math.Exp(b)));
        while (high - low > 1e-6)
        {
            if (fa < fb)
            {
                (high, b, fb) = (b, a, fa);
                a = high - (ratio * (high - low));
                fa = loss(Math.Exp(a));
            }
            else
            {
                (low, a, fa) = (a, b, fb);
                b = low + (ratio * (high - low));
                fb = loss(Math.Exp(b));
            }
        }

        return Math.Exp((low + high) / 2);
    }
}
