namespace Ark.Evaluation;

/// <summary>Groups of a split's images by one column of metadata: sex, age band, view.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Values">The group of each image; <see langword="null"/> where it is unknown.</param>
internal sealed record ImageGroups(string Column, IReadOnlyList<string?> Values)
{
    /// <summary>What the group of images without a known value is called.</summary>
    public const string Unknown = "unknown";

    /// <summary>The groups in order of their names, the unknown last; bands of numbers by their lower bound.</summary>
    internal string[] Distinct() =>
        [.. Values.Select(v => v ?? Unknown).Distinct(StringComparer.Ordinal).OrderBy(v => v == Unknown).ThenBy(AgeBands.LowerBound).ThenBy(
            v => v, StringComparer.Ordinal)];

    internal int[] Members(string value) => [.. Enumerable.Range(0, Values.Count).Where(i => (Values[i] ?? Unknown) == value)];
}
