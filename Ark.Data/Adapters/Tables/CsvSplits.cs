namespace Ark.Data;

/// <summary>Which split a row belongs to, where a column says it.</summary>
/// <param name="csv">The table.</param>
/// <param name="column">The column.</param>
/// <param name="words">The dataset's own words by split; where it has none, the usual ones hold.</param>
internal sealed class CsvSplits(CsvTable csv, int column, Dictionary<string, string> words)
{
    private readonly Dictionary<string, DatasetSplit> _splits = SplitNames.All
        .SelectMany(split => (words.GetValueOrDefault(split.Word())?.Split(',', StringSplitOptions.TrimEntries)
            ?? split.Synonyms()).Select(word => (word, split)))
        .DistinctBy(p => p.word, StringComparer.OrdinalIgnoreCase).ToDictionary(
            p => p.word, p => p.split, StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// The split of the current row; <see langword="null"/> for a word that the dataset, having words of its own, leaves out.
    /// </summary>
    public DatasetSplit? Current()
    {
        if (_splits.TryGetValue(csv[column], out var split)) return split;
        return words.Count > 0 ? null : throw csv.Error(
            column, $"the split '{csv[column]}' is unknown", "Set 'settings: {splits: {train: WORD, val: WORD, test: WORD}}'.");
    }
}
