namespace AccrualStudy;

/// <summary>Mean and spread of paired differences: seed by seed, so that what both arms share drops out.</summary>
/// <param name="Mean">The mean difference.</param>
/// <param name="HalfWidth">Half the width of its 95 % interval by Student's t; NaN for fewer than two pairs.</param>
internal readonly record struct PairedInterval(double Mean, double HalfWidth)
{
    // The 97.5 % points of Student's t for 1 to 30 degrees of freedom.
    private static readonly double[] Quantiles =
    [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
        2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ];

    public static PairedInterval Of(IReadOnlyList<double> one, IReadOnlyList<double> other)
    {
        var differences = one.Zip(other, (a, b) => a - b).ToArray();
        if (differences.Length < 2) return new PairedInterval(differences.Average(), double.NaN);
        var quantile = Quantiles[Math.Min(differences.Length - 1, Quantiles.Length) - 1];
        return new PairedInterval(differences.Average(), quantile * Deviation(differences) / Math.Sqrt(differences.Length));
    }

    /// <summary>The standard deviation, with one degree of freedom less than values.</summary>
    public static double Deviation(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
    }
}
