using System.Diagnostics;

namespace Ark.Tests.Architecture;

/// <summary>Code without the runtime's checks says what it rests on, and debug builds ask whether it holds.</summary>
public class UnsafeTests
{
    // What says "unsafe", or calls functions that nobody checks.
    private static readonly string[] Unchecked = [" unsafe ", "LibraryImport", "DllImport("];

    [Fact]
    public void Every_source_with_unchecked_code_states_what_it_rests_on()
    {
        var sources = Sources().Where(s => Unchecked.Any(u => s.Text.Contains(u, StringComparison.Ordinal))).ToList();
        Assert.True(sources.Count > 30);
        Assert.Empty(sources.Where(s => !s.Text.Contains("Rests on: ", StringComparison.Ordinal)).Select(s => s.Name));
    }

    [Fact]
    public void Every_source_with_addresses_asserts_what_it_rests_on()
    {
        // An interface has nothing that could assert; those who implement it have.
        var sources = Sources().Where(s => s.Text.Replace(" unsafe interface ", " ", StringComparison.Ordinal)
            .Contains(" unsafe ", StringComparison.Ordinal)).ToList();
        Assert.True(sources.Count > 20);
        Assert.Empty(sources.Where(s => !s.Text.Contains("Debug.Assert(", StringComparison.Ordinal)).Select(s => s.Name));
    }

    [Fact]
    public void What_does_not_hold_fails_a_test_of_a_debug_build_and_costs_others_nothing()
    {
#if DEBUG
        const bool asserts = true;
#else
        const bool asserts = false;
#endif
        Assert.Equal(asserts, Record.Exception(() => Debug.Assert(!asserts, "A debug build asserts.")) is not null);
    }

    // Policies of pages say "'unsafe-inline'".
    private static IEnumerable<(string Name, string Text)> Sources() =>
        new[] { "Ark.Core", "Ark.Models", "Ark.Data", "Ark.Inference", "Ark.Training", "Ark.Phantom", "Ark.Cli" }
            .SelectMany(p => Directory.EnumerateFiles(Path.Combine(Fixture.Repository, p), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(f => (Path.GetFileName(f), File.ReadAllText(f).Replace("'unsafe-inline'", "", StringComparison.Ordinal)))
            .OrderBy(s => s.Item1, StringComparer.Ordinal);
}
