namespace Ark.Training;

/// <summary>How well one label is told apart on one split.</summary>
/// <param name="Name">The label's name.</param>
/// <param name="Auroc">Area under the ROC curve, 0 to 1; <see langword="null"/> where the split has only one class of it.</param>
/// <param name="Positives">Images that have it.</param>
/// <param name="Negatives">Images that do not; images where the label is missing count in neither.</param>
public sealed record LabelEvaluation(string Name, double? Auroc, int Positives, int Negatives);
