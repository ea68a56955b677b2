using System.Text.RegularExpressions;

namespace Ark.Tests.Architecture;

/// <summary>
/// Libraries speak to programs: what they say names types and properties, and the command line says its own words for them.
/// </summary>
public partial class LibraryWordsTests
{
    // The table of the flags describes flags.
    private const string Flags = "OptionTables.cs";

    private static readonly string[] Libraries = ["Ark.Core", "Ark.Models", "Ark.Data", "Ark.Inference", "Ark.Training", "Ark.Phantom"];

    [Fact]
    public void No_message_of_a_library_names_a_command_or_a_flag()
    {
        var files = Libraries.SelectMany(l => Directory.EnumerateFiles(
            Path.Combine(Fixture.Repository, l), "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                && Path.GetFileName(f) != Flags)
            .ToList();
        Assert.True(files.Count > 300, $"{files.Count} files are too few");
        Assert.Empty(files.SelectMany(f => File.ReadLines(f).Select((line, i) => (Place: $"{f}:{i + 1}", Line: line.TrimStart())))
            .Where(l => !l.Line.StartsWith("//", StringComparison.Ordinal)
                && Text().Matches(l.Line).Any(m => CommandOrFlag().IsMatch(m.Value)))
            .Select(l => l.Place));
    }

    [GeneratedRegex("\"(?:[^\"\\\\]|\\\\.)*\"", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Text();

    [GeneratedRegex("['(\"]ark [a-z]|[ (\"]--[a-z]|: ark [a-z]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CommandOrFlag();
}
