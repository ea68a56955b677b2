namespace Ark.Evaluation;

/// <summary>The gap of one figure between the group where it is highest and the one where it is lowest.</summary>
/// <param name="Figure">The figure's name in JSON: <c>mean_auroc</c>, <c>auroc</c>, <c>sensitivity</c>, <c>specificity</c>.</param>
/// <param name="Label">The label; <see langword="null"/> for <c>mean_auroc</c>, which here is the mean over the labels that are defined in
/// all groups.</param>
/// <param name="Highest">The group where it is highest.</param>
/// <param name="Lowest">The group where it is lowest.</param>
/// <param name="Gap">The difference, 0 or more.</param>
/// <param name="Interval">Its 95 % interval for these two groups; <see langword="null"/> where none was asked for. The two were chosen by
/// the same data, so a small gap's interval leans away from 0.</param>
public sealed record GroupGap(string Figure, string? Label, string Highest, string Lowest, double Gap, ConfidenceInterval? Interval);
