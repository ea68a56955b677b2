using System.Runtime.InteropServices;

namespace Ark.Evaluation;

/// <summary>The figures of one label; all NaN where positives or negatives are absent.</summary>
/// <param name="Auroc">Area under the ROC curve.</param>
/// <param name="AveragePrecision">Area under the precision-recall steps.</param>
/// <param name="Counts">What the yes-or-no prediction came to.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LabelFigures(double Auroc, double AveragePrecision, ConfusionCounts Counts)
{
    /// <summary>How many figures a label has.</summary>
    public const int Count = 7;

    /// <summary>Their names in JSON, in the order of <see cref="WriteTo"/>.</summary>
    public static readonly string[] Names = ["auroc", "average_precision", "accuracy", "mcc", "f1", "sensitivity", "specificity"];

    public bool AreDefined => Counts.Positives > 0 && Counts.Negatives > 0;

    public void WriteTo(Span<double> into)
    {
        if (!AreDefined)
        {
            into[..Count].Fill(double.NaN);
            return;
        }

        into[0] = Auroc;
        into[1] = AveragePrecision;
        into[2] = Counts.Accuracy;
        into[3] = Counts.Mcc;
        into[4] = Counts.F1;
        into[5] = Counts.Sensitivity;
        into[6] = Counts.Specificity;
    }
}
