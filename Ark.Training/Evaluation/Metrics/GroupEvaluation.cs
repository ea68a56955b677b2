namespace Ark.Evaluation;

/// <summary>The figures of one group of images.</summary>
/// <param name="Value">The group: a value of the column, or <see cref="ImageGroups.Unknown"/>.</param>
/// <param name="Figures">Its figures.</param>
public sealed record GroupEvaluation(string Value, DatasetEvaluation Figures);
