namespace Ark.Tests.Documents;

/// <summary>Links inside the repository lead somewhere.</summary>
public class LinkTests
{
    [Fact]
    public void Relative_links_and_anchors_lead_somewhere()
    {
        var links = Document.All.SelectMany(d => d.Links
            .Where(l => !IsAbsolute(l.Target))
            .Select(l => (Document: d, l.Line, l.Target))).ToList();
        Assert.True(links.Count > 30, $"only {links.Count} links were found");
        var problems = links.SelectMany(l => Problem(l.Document, l.Target) is { } problem
            ? (string[])[$"{l.Document.Name}:{l.Line}: '{l.Target}' {problem}"]
            : []).ToList();
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    [Theory]
    [InlineData("eng/packaging/README.md")]
    [InlineData("Ark.Cli/README.md")]
    public void What_a_package_shows_has_no_links_into_the_repository(string name) =>
        Assert.DoesNotContain(Document.All.Single(d => d.Name == name).Links, l => !IsAbsolute(l.Target));

    [Fact]
    public void Every_document_is_reached_from_the_README()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>(["README.md"]);
        while (open.TryDequeue(out var name))
        {
            if (!seen.Add(name) || Document.All.SingleOrDefault(d => d.Name == name) is not { } document) continue;
            foreach (var (_, target) in document.Links.Where(l => !IsAbsolute(l.Target))) open.Enqueue(
                Resolve(document, target.Split('#')[0]));
        }

        Assert.DoesNotContain(Document.All.Select(d => d.Name), n => n.StartsWith("docs/", StringComparison.Ordinal) && !seen.Contains(n));
    }

    private static string? Problem(Document document, string target)
    {
        var parts = target.Split('#', 2);
        var name = Resolve(document, parts[0]);
        if (!Path.Exists(Document.PathOf(name))) return "leads nowhere";
        return parts.Length == 1 || Document.All.Any(d => d.Name == name && d.Anchors.Contains(parts[1])) ? null : "names no heading";
    }

    private static string Resolve(Document document, string target) => target.Length == 0
        ? document.Name
        : Path.GetRelativePath(
            Fixture.Repository, Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Document.PathOf(document.Name))!, target)));

    private static bool IsAbsolute(string target) =>
        target.StartsWith("https://", StringComparison.Ordinal)
            || target.StartsWith("http://", StringComparison.Ordinal)
            || target.StartsWith("mailto:", StringComparison.Ordinal);
}
