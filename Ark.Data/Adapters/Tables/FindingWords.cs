namespace Ark.Data;

/// <summary>Takes a cell that lists findings apart, and finds the label of each word.</summary>
/// <param name="settings">How the table tells labels.</param>
internal sealed class FindingWords(CsvLabelSettings settings)
{
    // Writers of lists use these; the last three also stand within one finding, such as Nodule/Mass.
    private static readonly string[] Separators = ["|", ";", ",", "\t", "\n", "/", "+", "&"];
    private const int SurelySeparators = 5;

    private static readonly HashSet<string> Nothing = new(StringComparer.Ordinal)
        { "NO FINDING", "NO FINDINGS", "NORMAL" };

    private readonly Dictionary<string, int> _labels = Index(settings);

    /// <summary>The labels that a cell names.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="unknown">Hears of each word that is neither a label nor says that there is no finding.</param>
    /// <param name="refuse">Makes the error for a cell that can be read in two ways.</param>
    /// <returns>Their places in the order of the labels.</returns>
    public IEnumerable<int> LabelsOf(string cell, Action<string> unknown, Func<string, string, ArkInputException> refuse)
    {
        // Brackets and quotes: some files hold a list as Python prints it.
        foreach (var part in Split(cell.Trim('[', ']'), settings.Separator))
        {
            if (Find(part) is { } label)
            {
                if (label >= 0) yield return label;
                continue;
            }

            if (Joined(part, refuse) is not { } parts)
            {
                unknown(settings.Meaning(part));
                continue;
            }

            foreach (var known in parts.Select(p => Find(p)!.Value))
            {
                if (known >= 0) yield return known;
            }
        }
    }

    private static Dictionary<string, int> Index(CsvLabelSettings settings)
    {
        var labels = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var k = 0; k < settings.Labels.Count; k++)
        {
            var name = settings.Labels.Names[k];
            labels[Folded(settings.Columns.GetValueOrDefault(name, name))] = k;
            labels.TryAdd(Folded(name), k);
        }

        return labels;
    }

    // The label; -1 for a word that says that there is none; null for a word that nothing knows.
    private int? Find(string word)
    {
        var folded = Folded(settings.Meaning(word));
        if (_labels.TryGetValue(folded, out var label)) return label;
        return folded.Length == 0 || Nothing.Contains(folded) ? -1 : null;
    }

    private string[]? Joined(string word, Func<string, string, ArkInputException> refuse)
    {
        for (var s = 0; s < Separators.Length; s++)
        {
            if (!word.Contains(Separators[s], StringComparison.Ordinal)) continue;
            var parts = Split(word, Separators[s]);
            var known = parts.Count(p => Find(p) is not null);
            if (known == 0 || parts.Length < 2) continue;
            if (s < SurelySeparators && known == parts.Length) return parts;
            if (s < SurelySeparators || known == parts.Length)
                throw refuse(
                    $"'{word}' is no label, and holds '{parts.First(p => Find(p) is not null)}', which is one",
                    $"If '{Separators[s].Trim()}' separates findings, set 'settings: {{findings_separator: \"{Separators[s]}\"}}'; "
                    + $"if it is one finding, say what it means: 'settings: {{values: {{\"{word}\": LABEL}}}}'.");
        }

        return null;
    }

    private static string[] Split(string text, string separator) =>
        [.. text.Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(p => p.Trim('\'', '"').Trim()).Where(p => p.Length > 0)];

    // Publishers write Pleural_Thickening in one file and Pleural Thickening in another.
    private static string Folded(string finding) => string.Join(
        ' ', finding.ToUpperInvariant().Split([' ', '_', '-'], StringSplitOptions.RemoveEmptyEntries));
}
