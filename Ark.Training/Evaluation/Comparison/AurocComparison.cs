namespace Ark.Evaluation;

/// <summary>Two models' AUROCs on the same images, compared by DeLong's test.</summary>
/// <param name="First">The first model's AUROC.</param>
/// <param name="Second">The second model's AUROC.</param>
/// <param name="Positives">Images that have the label.</param>
/// <param name="Negatives">Images that do not.</param>
/// <param name="StandardError">Standard error of the difference; <see langword="null"/> with fewer than two positives or negatives.</param>
/// <param name="Z">The difference over its standard error; <see langword="null"/> where that is undefined.</param>
/// <param name="P">The two-sided probability of a difference as large between equal models; <see langword="null"/> where that is
/// undefined.</param>
public sealed record AurocComparison(double First, double Second, int Positives, int Negatives, double? StandardError, double? Z, double? P)
{
    /// <summary>The first AUROC less the second.</summary>
    public double Difference => First - Second;
}
