using System.Text.RegularExpressions;

namespace Ark.Tests.Documents;

/// <summary>A Markdown document of the repository.</summary>
internal sealed partial class Document
{
    private static readonly string[] Names =
    [
        "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "Ark.Cli/README.md", "eng/packaging/README.md",
        .. Under("docs"), .. Under("samples"),
    ];

    private Document(string name)
    {
        Name = name;
        var lines = File.ReadAllLines(PathOf(name));
        var (text, fences) = (new List<string>(), new List<CodeBlock>());
        for (var i = 0; i < lines.Length; i++)
        {
            text.Add("");
            if (Fence().Match(lines[i]) is not { Success: true } fence)
            {
                text[i] = lines[i];
                continue;
            }

            var start = i + 1;
            for (i++; i < lines.Length && lines[i].Trim() != "```"; i++) text.Add("");
            if (i < lines.Length) text.Add("");
            fences.Add(
                new CodeBlock(name, start, fence.Groups["language"].Value, fence.Groups["remark"].Value.Trim(), [.. lines[start..i]]));
        }

        Text = text;
        Blocks = fences;
    }

    public static IReadOnlyList<Document> All { get; } = [.. Names.Select(n => new Document(n))];

    public string Name { get; }

    /// <summary>The lines outside code blocks; others are empty, so that numbers of lines hold.</summary>
    public IReadOnlyList<string> Text { get; }

    public IReadOnlyList<CodeBlock> Blocks { get; }

    /// <summary>The targets of links and pictures, with their lines.</summary>
    public IEnumerable<(int Line, string Target)> Links =>
        Text.SelectMany((line, i) => Link().Matches(InlineCode().Replace(line, "")).Select(m => (i + 1, m.Groups["target"].Value)));

    /// <summary>What inline code says.</summary>
    public IEnumerable<(int Line, string Code)> Inline =>
        Text.SelectMany((line, i) => InlineCode().Matches(line).Select(m => (i + 1, m.Groups["code"].Value)));

    /// <summary>The anchors of the headings, as Git hosts form them.</summary>
    public IReadOnlySet<string> Anchors =>
        Text.Where(l => l.StartsWith('#'))
            .Select(l => NotInAnchor().Replace(l.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'))
            .ToHashSet(StringComparer.Ordinal);

    public static string PathOf(string name) => Path.Combine(Fixture.Repository, name);

    private static IEnumerable<string> Under(string folder) => Directory.EnumerateFiles(PathOf(folder), "*.md", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Fixture.Repository, f)).Where(f => !f.Split('/').Any(p => p is "bin" or "obj")).Order(
            StringComparer.Ordinal);

    [GeneratedRegex(@"^\s*```(?<language>\w*)(?<remark>.*)$", RegexOptions.None, 1000)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.None, 1000)]
    private static partial Regex Link();

    [GeneratedRegex("`(?<code>[^`]+)`", RegexOptions.None, 1000)]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"[^\w\- ]", RegexOptions.None, 1000)]
    private static partial Regex NotInAnchor();
}
