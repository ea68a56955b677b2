namespace Ark.Tests.Architecture;

/// <summary>Code without the runtime's checks says what it rests on.</summary>
public class UnsafeTests
{
    [Fact]
    public void Every_source_with_unsafe_code_states_what_it_rests_on()
    {
        var sources = new[] { "Ark.Core", "Ark.Models", "Ark.Data", "Ark.Inference", "Ark.Training", "Ark.Phantom", "Ark.Cli" }
            .SelectMany(p => Directory.EnumerateFiles(Path.Combine(Fixture.Repository, p), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(f => (File: f, Text: System.IO.File.ReadAllText(f)))
            .Where(f => f.Text.Contains("unsafe class", StringComparison.Ordinal) || f.Text.Contains(" unsafe ", StringComparison.Ordinal)
                && !f.Text.Contains("'unsafe-inline'", StringComparison.Ordinal))
            .ToList();
        Assert.True(sources.Count > 20);
        Assert.Empty(sources.Where(f => !f.Text.Contains("Rests on: ", StringComparison.Ordinal)).Select(f => f.File));
    }
}
