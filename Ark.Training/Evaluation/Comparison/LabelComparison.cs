namespace Ark.Evaluation;

/// <summary>Two models compared on one label.</summary>
/// <param name="Name">The label.</param>
/// <param name="Auroc">Both AUROCs and DeLong's test; <see langword="null"/> where the images have only one class of it.</param>
/// <param name="Interval">95 % interval of the difference from the paired bootstrap; <see langword="null"/> where none was asked
/// for.</param>
public sealed record LabelComparison(string Name, AurocComparison? Auroc, ConfidenceInterval? Interval);
