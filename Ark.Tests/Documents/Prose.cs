using System.Text.RegularExpressions;

namespace Ark.Tests.Documents;

/// <summary>The running text of a document, as sentences.</summary>
internal static partial class Prose
{
    /// <summary>The sentences outside code, tables and headings. A link counts as its text, and a span of code as one word.</summary>
    public static IEnumerable<string> Sentences(IEnumerable<string> lines) =>
        Paragraphs(lines).SelectMany(p => End().Split(Plain(p))).Where(s => Words(s) > 0);

    /// <summary>How many words a sentence has; signs alone are no words.</summary>
    public static int Words(string sentence) =>
        sentence.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Count(w => w.Any(char.IsLetterOrDigit));

    private static IEnumerable<string> Paragraphs(IEnumerable<string> lines)
    {
        var paragraph = new List<string>();
        foreach (var line in lines.Select(l => l.Trim()).Append(""))
        {
            var item = Item().Match(line);
            var apart = line.Length == 0 || line[0] is '|' or '#';
            if ((apart || item.Success) && paragraph.Count > 0)
            {
                yield return string.Join(' ', paragraph);
                paragraph.Clear();
            }

            if (!apart) paragraph.Add(line[item.Length..]);
        }
    }

    private static string Plain(string paragraph)
    {
        var text = Code().Replace(paragraph, "Code");
        // A picture may stand inside a link.
        text = Link().Replace(Link().Replace(text, "${text}"), "${text}");
        return text.Replace("*", "", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^(?:[-*]|\d+\.)\s+", RegexOptions.None, 1000)]
    private static partial Regex Item();

    [GeneratedRegex("`[^`]+`", RegexOptions.None, 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"!?\[(?<text>(?:[^\[\]]|\[[^\]]*\])*)\]\([^)]*\)", RegexOptions.None, 1000)]
    private static partial Regex Link();

    [GeneratedRegex("(?<=[.!?][\")]?)\\s+(?=[^a-z])", RegexOptions.None, 1000)]
    private static partial Regex End();
}
