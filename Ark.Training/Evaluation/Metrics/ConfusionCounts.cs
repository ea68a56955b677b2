using System.Runtime.InteropServices;

namespace Ark.Evaluation;

/// <summary>
/// How many images a yes-or-no prediction gets right and wrong, and the figures that follow; those of scikit-learn, where both classes are
/// there.
/// </summary>
/// <param name="TruePositives">Positives called positive.</param>
/// <param name="FalsePositives">Negatives called positive.</param>
/// <param name="TrueNegatives">Negatives called negative.</param>
/// <param name="FalseNegatives">Positives called negative.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ConfusionCounts(long TruePositives, long FalsePositives, long TrueNegatives, long FalseNegatives)
{
    public long Positives => TruePositives + FalseNegatives;

    public long Negatives => TrueNegatives + FalsePositives;

    public double Accuracy => (TruePositives + TrueNegatives) / (double)(Positives + Negatives);

    public double Sensitivity => TruePositives / (double)Positives;

    public double Specificity => TrueNegatives / (double)Negatives;

    public double F1 => 2 * TruePositives / (double)((2 * TruePositives) + FalsePositives + FalseNegatives);

    /// <summary>Matthews' correlation; 0 where all predictions are the same, as in scikit-learn.</summary>
    public double Mcc
    {
        get
        {
            var (called, notCalled) = ((double)(TruePositives + FalsePositives), (double)(TrueNegatives + FalseNegatives));
            // The roots are taken apart: the product of four counts overflows where images are many.
            var scale = Math.Sqrt(called * notCalled) * Math.Sqrt((double)Positives * Negatives);
            return scale == 0 ? 0 : (((double)TruePositives * TrueNegatives) - ((double)FalsePositives * FalseNegatives)) / scale;
        }
    }
}
