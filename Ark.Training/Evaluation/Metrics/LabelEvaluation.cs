namespace Ark.Evaluation;

/// <summary>
/// How well one label is told apart on one split. Where the split has only one class of it, every figure is <see langword="null"/>.
/// </summary>
/// <param name="Name">The label's name.</param>
/// <param name="Auroc">Area under the ROC curve, 0 to 1.</param>
/// <param name="Positives">Images that have it.</param>
/// <param name="Negatives">Images that do not; images where the label is missing count in neither.</param>
public sealed record LabelEvaluation(string Name, double? Auroc, int Positives, int Negatives)
{
    /// <summary>
    /// Average precision: the area under the steps of the precision-recall curve, 0 to 1. Chance is the share of positives.
    /// </summary>
    public double? AveragePrecision { get; init; }

    /// <summary>Share of images that are called rightly.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Matthews' correlation of calls and truth, -1 to 1; 0 where all calls are the same.</summary>
    public double? Mcc { get; init; }

    /// <summary>Harmonic mean of precision and sensitivity.</summary>
    public double? F1 { get; init; }

    /// <summary>Share of positives that are called positive.</summary>
    public double? Sensitivity { get; init; }

    /// <summary>Share of negatives that are called negative.</summary>
    public double? Specificity { get; init; }

    /// <summary>
    /// 95 % intervals by the figure's name in JSON (<c>auroc</c>, <c>average_precision</c>, <c>f1</c> …); empty where none were asked for
    /// or the figure is undefined.
    /// </summary>
    public IReadOnlyDictionary<string, ConfidenceInterval> Intervals { get; init; } = new Dictionary<string, ConfidenceInterval>();
}
