namespace Ark.Training;

/// <summary>
/// The temperature, and for independent labels an offset, that make observed labels most likely. A correction is made only where the data ask for it: by Akaike's criterion its likelihood
/// must gain more than one unit for each number fitted, else the outputs stay as they are. Small validation sets would otherwise make well-calibrated labels worse.
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
        double Loss(double temperature, double offset) => known.Sum(i =>
        {
            var z = (logits[i] / temperature) + offset;
            return Softplus(z) - (targets[i] * z);
        });
        // The best offset of a temperature: there the mean probability is the frequency.
        double Offset(double temperature) => Root(offset => known.Sum(i => (1 / (1 + Math.Exp(-((logits[i] / temperature) + offset)))) - targets[i]));

        var alone = Minimise(t => Loss(t, 0));
        var both = Minimise(t => Loss(t, Offset(t)));
        (double Temperature, double Offset, int Fitted)[] candidates = [(1, 0, 0), (alone, 0, 1), (both, Offset(both), 2)];
        var best = candidates.MinBy(c => Loss(c.Temperature, c.Offset) + c.Fitted);
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
        double Loss(double temperature) => known.Sum(i =>
        {
            var largest = logits[i].Max() / temperature;
            return largest + Math.Log(logits[i].Sum(z => Math.Exp((z / temperature) - largest))) - logits[i].Zip(targets[i], (z, y) => y * z / temperature).Sum();
        });
        var best = Minimise(Loss);
        return Loss(best) + 1 < Loss(1) ? best : 1;
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
