using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ark.Tests.Architecture;

/// <summary>References from a folder to one above it, found as the compiler finds them: extension methods and members of instances count, comments and texts do not.</summary>
internal static class Climbs
{
    // What the SDK adds to every project.
    private const string ImplicitUsings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";

    /// <summary>Finds them.</summary>
    /// <param name="sources">Sources by their path in the repository.</param>
    /// <returns>A line for each: file, line, what it uses, and where that is.</returns>
    public static IReadOnlyList<string> In(IEnumerable<KeyValuePair<string, string>> sources)
    {
        var options = new CSharpParseOptions(LanguageVersion.Latest, DocumentationMode.None);
        var trees = sources.Select(s => CSharpSyntaxTree.ParseText(s.Value, options, s.Key)).Append(CSharpSyntaxTree.ParseText(ImplicitUsings, options)).ToList();
        // The products come from their sources, all else from what the tests run with.
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => !Path.GetFileName(p).StartsWith("Ark.", StringComparison.Ordinal) && Path.GetFileName(p) != "ark.dll").Select(p => MetadataReference.CreateFromFile(p));
        var compilation = CSharpCompilation.Create("Products", trees, references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        return [.. trees.Where(t => t.FilePath.Length > 0).AsParallel().SelectMany(t => Of(compilation.GetSemanticModel(t), t)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Of(SemanticModel model, SyntaxTree tree)
    {
        foreach (var name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
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
