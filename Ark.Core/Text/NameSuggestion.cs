namespace Ark;

/// <summary>Turns a word that nothing knows into a sentence that helps: the nearest known words, or all of them.</summary>
internal static class NameSuggestion
{
    private const int Shown = 12;

    /// <summary>Writes the sentence.</summary>
    /// <param name="word">What the user wrote.</param>
    /// <param name="known">What would have been understood.</param>
    /// <param name="lead">The start of the sentence that lists the known words, without its colon.</param>
    /// <returns>One or two sentences.</returns>
    public static string For(string word, IReadOnlyCollection<string> known, string lead)
    {
        if (known.Count == 0) return $"{lead}: none.";
        var list = string.Join(", ", known.Take(Shown)) + (known.Count > Shown ? ", …" : "");
        var nearest = Nearest(word, known);
        return nearest is null ? $"{lead}: {list}." : $"Did you mean '{nearest}'? {lead}: {list}.";
    }

    /// <summary>The known word that differs least, ignoring case, if it differs little.</summary>
    /// <param name="word">What the user wrote.</param>
    /// <param name="known">What would have been understood.</param>
    /// <returns>The word, or <see langword="null"/>.</returns>
    public static string? Nearest(string word, IEnumerable<string> known)
    {
        if (word.Length > 100) return null;
        var best = known
            .Where(k => k.Length <= 100)
            .Select(k => (Word: k, Distance: Distance(word.ToUpperInvariant(), k.ToUpperInvariant())))
            .OrderBy(p => p.Distance)
            .FirstOrDefault();
        return best.Word is not null && best.Distance <= Math.Max(1, Math.Max(word.Length, best.Word.Length) / 3) ? best.Word : null;
    }

    // Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(replaced, Math.Min(d[i - 1, j], d[i, j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
