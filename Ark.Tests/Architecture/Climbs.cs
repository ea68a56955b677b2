using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ark.Tests.Architecture;

/// <summary>
/// References from a folder to one above it, as the compiler understands them: extension methods count, comments, texts and members that
/// happen to be called like a type do not. Who only uses a member of what somebody below hands out is not reported; the one who hands it
/// out is.
/// </summary>
internal static class Climbs
{
    // What the SDK adds to every project.
    private const string ImplicitUsings = "global using System; global using System.Collections.Generic; global using System.IO; global "
        + "using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    /// <summary>Finds them.</summary>
    /// <param name="sources">Sources by their path in the repository.</param>
    /// <returns>A line for each: file, line, what it uses, and where that is.</returns>
    public static IReadOnlyList<string> In(IEnumerable<KeyValuePair<string, string>> sources)
    {
        var options = new CSharpParseOptions(LanguageVersion.Latest, DocumentationMode.None);
        var trees = sources.Select(s => CSharpSyntaxTree.ParseText(s.Value, options, s.Key)).Append(CSharpSyntaxTree.ParseText(
            ImplicitUsings, options)).ToList();
        // The products come from their sources, all else from what the tests run with.
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => !Path.GetFileName(p).StartsWith("Ark.", StringComparison.Ordinal)
                && Path.GetFileName(p) != "ark.dll").Select(p => MetadataReference.CreateFromFile(p));
        var compilation = CSharpCompilation.Create(
            "Products", trees, references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        var named = trees.Where(t => t.FilePath.Length > 0).SelectMany(t => Names(t.GetRoot()).Select(n => (
            Name: n, Floor: Floor.Of(t.FilePath))))
            .GroupBy(n => n.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Max(n => n.Floor), StringComparer.Ordinal);
        return [.. trees
            .Where(t => t.FilePath.Length > 0)
            .SelectMany(t => Of(compilation.GetSemanticModel(t), t, named))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)];
    }

    // By what others can mean a file: its types, and its extension methods.
    private static IEnumerable<string> Names(SyntaxNode root) => root.DescendantNodes().Select(n => n switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier.ValueText,
        DelegateDeclarationSyntax type => type.Identifier.ValueText,
        MethodDeclarationSyntax { ParameterList.Parameters: [{ Modifiers: var modifiers }, ..] } method when modifiers.Any(
            SyntaxKind.ThisKeyword) => method.Identifier.ValueText,
        _ => "",
    }).Where(n => n.Length > 0);

    private static IEnumerable<string> Of(SemanticModel model, SyntaxTree tree, Dictionary<string, int> named)
    {
        foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            // Asking the compiler takes long, and of most names it is known without.
            if (named.GetValueOrDefault(name.Identifier.ValueText, -1) <= Floor.Of(tree.FilePath)) continue;
            var found = model.GetSymbolInfo(name);
            if (TypeOf(found.Symbol ?? found.CandidateSymbols.FirstOrDefault()) is not { } type) continue;
            foreach (var place in type.DeclaringSyntaxReferences.Select(r => r.SyntaxTree.FilePath))
            {
                if (Floor.Of(place) > Floor.Of(tree.FilePath))
                    yield return $"{tree.FilePath}({name.GetLocation().GetLineSpan().StartLinePosition.Line + 1}) uses {type.Name} of {place[..place.LastIndexOf('/')]}";
            }
        }
    }

    // Nested types and members lie where the outermost type lies.
    private static INamedTypeSymbol? TypeOf(ISymbol? symbol)
    {
        var type = symbol as INamedTypeSymbol ?? symbol?.ContainingType;
        while (type?.ContainingType is { } outer) type = outer;
        return type?.OriginalDefinition;
    }
}
