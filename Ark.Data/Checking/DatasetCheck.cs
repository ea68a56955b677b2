namespace Ark.Data;

/// <summary>What a check found in one dataset.</summary>
/// <param name="Name">The dataset.</param>
/// <param name="Splits">Its splits, in the order train, validation, test, as far as it has them.</param>
public sealed record DatasetCheck(string Name, IReadOnlyList<SplitCheck> Splits)
{
    /// <summary>What keeps the dataset from being read at all.</summary>
    public IReadOnlyList<CheckProblem> Problems { get; init; } = [];

    /// <summary>Whether nothing must be mended.</summary>
    public bool IsSound => Problems.Count == 0 && Splits.All(s => s.Problems.Count == 0);
}
