using System.Xml.Linq;

namespace Ark.Tests.Architecture;

/// <summary>The house keeps its order: nothing uses what lies above it.</summary>
public sealed class FloorTests
{
    [Fact]
    public void No_file_of_a_product_uses_what_lies_on_a_floor_above_it()
    {
        var sources = Sources();
        Assert.True(sources.Count > 500, $"only {sources.Count} sources were found");
        var climbs = Climbs.In(sources);
        Assert.True(climbs.Count == 0, string.Join(Environment.NewLine, climbs));
    }

    [Fact]
    public void Every_folder_of_a_product_has_a_floor() =>
        Assert.Empty(Sources().Keys.Where(p => Floor.Of(p) < 0).Select(p => Path.GetDirectoryName(p)).Distinct());

    [Fact]
    public void Products_reference_only_those_below_them()
    {
        foreach (var (product, allowed) in Floor.References)
        {
            var references = XDocument.Load(Path.Combine(Fixture.Repository, product, product + ".csproj")).Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!)).Order(StringComparer.Ordinal);
            Assert.Equal(allowed, references);
        }
    }

    [Theory]
    [InlineData("class Low { High? _above; }")]
    [InlineData("class Low { string At(object o) => o.Risen(); }")]
    [InlineData("class Low { int At() => new Ark.High().Value; }")]
    public void A_reference_that_climbs_is_found(string low)
    {
        Dictionary<string, string> sources = new(StringComparer.Ordinal)
        {
            ["Ark.Core/Text/Low.cs"] = $"namespace Ark; {low}",
            ["Ark.Core/Datasets/High.cs"] = "namespace Ark; class High { public int Value; } static class Rising { public static string "
                + "Risen(this object o) => \"\"; }",
        };
        Assert.Contains(Climbs.In(sources), c => c.StartsWith("Ark.Core/Text/Low.cs(1) uses ", StringComparison.Ordinal)
            && c.EndsWith(" of Ark.Core/Datasets", StringComparison.Ordinal));
    }

    [Fact]
    public void Comments_texts_and_members_of_the_same_name_do_not_climb() => Assert.Empty(Climbs.In(new Dictionary<string, string>(
        StringComparer.Ordinal)
    {
        ["Ark.Core/Text/Low.cs"] = "namespace Ark; /* High */ class Low { int High => 1; string Text => \"High\" + High; } // High",
        ["Ark.Core/Datasets/High.cs"] = "namespace Ark; class High { Low? _below; }",
    }));

    private static Dictionary<string, string> Sources() => Floor.References.Keys
        .SelectMany(product => Directory.EnumerateFiles(Path.Combine(Fixture.Repository, product), "*.cs", SearchOption.AllDirectories))
        .Select(file => (Path: Path.GetRelativePath(Fixture.Repository, file).Replace('\\', '/'), File: file))
        // What travels with the package of Ark.Core and what the compiler wrote is not of the house.
        .Where(s => s.Path.Split('/') is var parts && !parts.Contains("obj") && !parts.Contains("bin") && !parts.Contains("build"))
        .ToDictionary(s => s.Path, s => File.ReadAllText(s.File), StringComparer.Ordinal);
}
