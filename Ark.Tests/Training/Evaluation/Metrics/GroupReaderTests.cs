using Ark.Evaluation;

namespace Ark.Tests.Training;

/// <summary>Bands of ages as tables write them.</summary>
public class GroupReaderTests
{
    [Fact]
    public void Ages_of_infants_are_banded_with_those_in_years()
    {
        Assert.Equal(
            ["under 1", "1 and over", "under 1", "under 1", "under 1", "1 and over", null],
            Read([1.0], "0.5Y", "045Y", "006M", "050W", "010D", "1", ""));
    }

    [Fact]
    public void Value_that_is_no_number_is_named_where_bands_are_given()
    {
        var refused = Assert.Throws<ArkInputException>(() => Read([40.0], "045Y", "unknown", "60"));
        Assert.Contains("'unknown'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(["F", "M", "F"], Read([40.0], "F", "M", "F"));
    }

    private static IReadOnlyList<string?> Read(IReadOnlyList<double> bands, params string[] values)
    {
        using var folder = new TemporaryFolder();
        var table = folder.Write("table.csv", "image,age\n" + string.Concat(values.Select((v, i) => $"{i}.png,{v}\n")));
        return GroupReader.Read(
            new GroupColumn("age") { Metadata = table, Bands = bands },
            [.. values.Select((_, i) => new ImageSample(new ImageFile($"{i}.png"), []))]).Values;
    }
}
