using System.Buffers;

namespace Ark.Data;

/// <summary>
/// Texts in tables that we write. A spreadsheet takes one that begins with <c>=</c>, <c>+</c>, <c>-</c> or <c>@</c> for a formula, and
/// a file's name can be anything: the usual apostrophe before it makes it a text. Readers of our own take it away again.
/// </summary>
internal static class CsvText
{
    private static readonly SearchValues<char> Formula = SearchValues.Create("=+-@\t\r");

    /// <summary>The text as it stands in the table, before quotes.</summary>
    /// <param name="text">The text.</param>
    public static string Escaped(string text) => IsTaken(text) ? "'" + text : text;

    /// <summary>The text that was meant.</summary>
    /// <param name="field">What stands in the table, without quotes.</param>
    public static string Meant(string field) => field.StartsWith('\'') && IsTaken(field) ? field[1..] : field;

    // Apostrophes that stand there already are counted as one more each time, so that every text comes back.
    private static bool IsTaken(ReadOnlySpan<char> text)
    {
        var rest = text.TrimStart('\'');
        return rest.Length > 0 && Formula.Contains(rest[0]);
    }
}
