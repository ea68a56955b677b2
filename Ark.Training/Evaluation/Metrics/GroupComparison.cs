namespace Ark.Evaluation;

/// <summary>The figures of a split by the groups of one column, and the gaps between them.</summary>
/// <param name="Column">The column of metadata.</param>
/// <param name="Groups">The groups.</param>
/// <param name="Gaps">The gaps between known groups; those that fewer than two groups define are left out. Average precision has none: it
/// moves with the share of positives.</param>
public sealed record GroupComparison(string Column, IReadOnlyList<GroupEvaluation> Groups, IReadOnlyList<GroupGap> Gaps);
