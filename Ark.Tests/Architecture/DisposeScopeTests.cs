using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Ark.Tests.Architecture;

/// <summary>
/// Dispose scopes belong to threads. A method that awaits in one goes on on another thread and leaves the scope behind on the first, where
/// it takes, and later disposes, the tensors of whoever comes next.
/// </summary>
public class DisposeScopeTests
{
    [Fact]
    public void No_source_awaits_or_yields_in_a_dispose_scope()
    {
        var faults = new List<string>();
        var files = 0;
        foreach (var file in Directory.EnumerateFiles(Fixture.Repository, "*.cs", SearchOption.AllDirectories).Where(IsSource))
        {
            var text = File.ReadAllText(file);
            if (!text.Contains("NewDisposeScope", StringComparison.Ordinal)) continue;
            files++;
            faults.AddRange(FaultsOf(text).Select(line => $"{Path.GetRelativePath(Fixture.Repository, file)}:{line}"));
        }

        Assert.True(files > 20, "The sources were not found.");
        Assert.Empty(faults);
    }

    [Theory]
    [InlineData("using var scope = NewDisposeScope(); await A();", 1)]
    [InlineData("await A(); using var scope = NewDisposeScope(); B();", 0)]
    [InlineData("using (NewDisposeScope()) { B(); } await A();", 0)]
    [InlineData("using (NewDisposeScope()) { await A(); }", 1)]
    [InlineData("using (var s = torch.NewDisposeScope()) await A();", 1)]
    [InlineData("using var scope = NewDisposeScope(); Func<Task> f = async () => await A();", 0)]
    [InlineData("{ using var scope = NewDisposeScope(); B(); } await A();", 0)]
    [InlineData("using var scope = NewDisposeScope(); foreach (var x in y) { yield return x; }", 1)]
    public void Faults_are_told_from_what_is_right(string body, int faults) =>
        Assert.Equal(faults, FaultsOf($"class C {{ async Task M() {{ {body} }} }}").Count());

    private static IEnumerable<int> FaultsOf(string text)
    {
        var root = CSharpSyntaxTree.ParseText(text).GetRoot();
        foreach (var made in root
            .DescendantNodes()
            .OfType<InvocationExpressionSyntax>()
            .Where(i => i.Expression.ToString().Split('.')[^1] == "NewDisposeScope"))
        {
            IEnumerable<Microsoft.CodeAnalysis.SyntaxNode> covered = made
                .Ancestors()
                .FirstOrDefault(a => a is UsingStatementSyntax or LocalDeclarationStatementSyntax) switch
            {
                UsingStatementSyntax statement => [statement.Statement],
                LocalDeclarationStatementSyntax { Parent: BlockSyntax block } local => block.Statements.SkipWhile(s => s != local).Skip(1),
                _ => [],
            };
            if (covered
                .SelectMany(c => c.DescendantNodesAndSelf(n => n is not (LambdaExpressionSyntax or LocalFunctionStatementSyntax)))
                .Any(n => n is AwaitExpressionSyntax or YieldStatementSyntax
                    or LocalDeclarationStatementSyntax { AwaitKeyword.RawKind: not 0 }))
                yield return made.GetLocation().GetLineSpan().StartLinePosition.Line + 1;
        }
    }

    private static bool IsSource(string path) => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin" or ".git");
}
