using System.Buffers;

namespace Ark.Data;

/// <summary>Takes a row <c>NAME l1 … lK</c> apart, from its end: names may contain blanks and commas, labels may not.</summary>
internal static class ListRow
{
    private static readonly SearchValues<char> Numeric = SearchValues.Create("0123456789.-+");

    /// <summary>Splits a row into its name and a known number of fields.</summary>
    /// <param name="text">The row without blanks around it.</param>
    /// <param name="fields">Receives the row's last fields, in order, as ranges of <paramref name="text"/>.</param>
    /// <param name="name">Receives the rest: the image name.</param>
    /// <returns>Whether the row has that many fields after a name.</returns>
    public static bool TrySplit(ReadOnlySpan<char> text, Span<Range> fields, out string name)
    {
        var end = text.Length;
        name = "";
        for (var k = fields.Length - 1; k >= 0; k--)
        {
            var separator = text[..end].LastIndexOfAny(' ', '\t', ',');
            if (separator < 0) return false;
            fields[k] = (separator + 1)..end;
            end = EndBefore(text, separator);
        }

        name = text[..end].ToString();
        return name.Length > 0;
    }

    /// <summary>How many fields at the end of a row look like numbers: tells the user what a row with the wrong count has.</summary>
    /// <param name="text">The row.</param>
    /// <returns>The count.</returns>
    public static int CountNumbers(ReadOnlySpan<char> text)
    {
        var count = 0;
        while (true)
        {
            var separator = text.LastIndexOfAny(' ', '\t', ',');
            if (separator < 0 || !LooksLikeNumber(text[(separator + 1)..])) return count;
            count++;
            text = text[..EndBefore(text, separator)];
        }
    }

    // One separator is blanks, or a comma with blanks around it.
    private static int EndBefore(ReadOnlySpan<char> text, int separator)
    {
        var end = text[..(separator + 1)].TrimEnd(" \t").Length;
        if (end > 0 && text[end - 1] == ',') end = text[..(end - 1)].TrimEnd(" \t").Length;
        return end;
    }

    private static bool LooksLikeNumber(ReadOnlySpan<char> field) => field.Length > 0 && !field.ContainsAnyExcept(Numeric);
}
