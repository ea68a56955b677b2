using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Ark.Tests.Architecture;

public class LineLengthTests
{
    // As .editorconfig says, which no analyzer holds anybody to.
    private const int Max = 140;

    private static readonly string[] Folders =
        ["Ark.Core", "Ark.Models", "Ark.Data", "Ark.Inference", "Ark.Training", "Ark.Phantom", "Ark.Cli", "samples", "benchmarks", "eng"];

    [Fact]
    public void A_line_of_the_products_is_within_the_limit_but_for_text_that_is_printed_as_it_stands()
    {
        var files = Folders.SelectMany(f => Directory.EnumerateFiles(
            Path.Combine(Fixture.Repository, f), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .ToList();
        Assert.True(files.Count > 600, $"{files.Count} files are too few");
        Assert.Empty(files.AsParallel().SelectMany(TooLong));
    }

    private static List<string> TooLong(string file)
    {
        var text = File.ReadAllText(file);
        var lines = text.Split('\n');
        if (lines.All(l => l.Length <= Max)) return [];
        var tree = CSharpSyntaxTree.ParseText(text, cancellationToken: TestContext.Current.CancellationToken);
        var printed = tree.GetRoot(TestContext.Current.CancellationToken).DescendantTokens()
            .Where(t => t.IsKind(SyntaxKind.MultiLineRawStringLiteralToken) || t.IsKind(SyntaxKind.InterpolatedStringTextToken))
            .Select(t => tree.GetLineSpan(t.Span))
            .Where(s => s.EndLinePosition.Line > s.StartLinePosition.Line)
            .SelectMany(s => Enumerable.Range(s.StartLinePosition.Line, s.EndLinePosition.Line - s.StartLinePosition.Line + 1))
            .ToHashSet();
        return [.. lines.Index().Where(l => l.Item.Length > Max && !printed.Contains(l.Index)).Select(l => $"{file}:{l.Index + 1}")];
    }
}
