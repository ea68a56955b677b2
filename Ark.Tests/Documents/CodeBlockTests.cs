using System.Reflection;
using System.Runtime.Loader;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ark.Tests.Documents;

/// <summary>What the documents show in C# compiles, and runs where the fence says so.</summary>
public class CodeBlockTests
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Ark;
        global using Ark.Data;
        global using Ark.Evaluation;
        global using Ark.Inference;
        global using Ark.Models;
        global using Ark.Phantom;
        global using Ark.Training;
        global using Microsoft.Extensions.AI;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Samples;
        global using TorchSharp;
        global using static Ark.Tests.Documents.DocumentContext;
        """;

    private static readonly Lazy<MetadataReference[]> References = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Append(
            typeof(DocumentContext).Assembly.Location).Distinct(StringComparer.Ordinal)
            .Select(p => MetadataReference.CreateFromFile(p))]);

    private static readonly CSharpParseOptions Options = new(LanguageVersion.Latest);

    public static TheoryData<string, int> Blocks()
    {
        var data = new TheoryData<string, int>();
        foreach (var block in CSharp()) data.Add(block.Document, block.Line);
        return data;
    }

    [Fact]
    public void The_documents_show_code_in_CSharp() => Assert.True(CSharp().Count() >= 8);

    [Theory]
    [MemberData(nameof(Blocks))]
    public async Task A_block_compiles_and_runs_where_it_says_so(string document, int line)
    {
        var block = CSharp().Single(b => b.Document == document && b.Line == line);
        var tree = CSharpSyntaxTree.ParseText(block.Code, Options, cancellationToken: TestContext.Current.CancellationToken);
        var root = (CompilationUnitSyntax)await tree.GetRootAsync(TestContext.Current.CancellationToken);
        var kind = root.Members.OfType<GlobalStatementSyntax>().Any() ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary;
        var compilation = CSharpCompilation.Create($"Document{line}",
        [
            tree, CSharpSyntaxTree.ParseText(Usings, Options, cancellationToken: TestContext.Current.CancellationToken)
        ], References.Value,
            new CSharpCompilationOptions(kind, nullableContextOptions: NullableContextOptions.Enable));
        using var assembly = new MemoryStream();
        var result = compilation.Emit(assembly, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(
            result.Success,
            string.Join('\n', result.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => $"{block.Place}: {d}")));
        if (block.Remark == "run") await Run(assembly);
    }

    private static async Task Run(MemoryStream assembly)
    {
        assembly.Position = 0;
        var context = new AssemblyLoadContext("document", isCollectible: true);
        try
        {
            // The compiler's own entry point waits for the asynchronous one.
            var entry = context.LoadFromStream(assembly).EntryPoint!;
            await Task.Run(() => entry.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [Array.Empty<string>()], null));
        }
        finally
        {
            context.Unload();
        }
    }

    private static IEnumerable<CodeBlock> CSharp() => Document.All.SelectMany(d => d.Blocks).Where(b => b.Language == "csharp");
}
