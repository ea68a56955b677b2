using System.Text.Json;
using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Tests.Training;

public class MaskOverlapTests
{
    private static readonly Dictionary<string, JsonElement> Recorded = JsonDocument.Parse(
        File.ReadAllBytes(Fixture.PathOf("10_segmentation", "overlap.json"))).RootElement
        .EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, StringComparer.Ordinal);

    public static TheoryData<string> Cases => [.. Recorded.Keys];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Dice_IoU_and_HD95_are_those_of_scipy(string name)
    {
        var recorded = Recorded[name];
        var spacing = recorded.GetProperty("spacing");
        var overlap = MaskOverlap.Of(Read(recorded, "a"), Read(recorded, "b"), (spacing[1].GetDouble(), spacing[0].GetDouble()));

        Assert.Equal(recorded.GetProperty("dice").GetDouble(), overlap.Dice, 1e-12);
        Assert.Equal(recorded.GetProperty("iou").GetDouble(), overlap.IoU, 1e-12);
        if (recorded.GetProperty("hd95").ValueKind == JsonValueKind.Null) Assert.Null(overlap.Hausdorff95);
        else Assert.Equal(recorded.GetProperty("hd95").GetDouble(), overlap.Hausdorff95!.Value, 1e-9);
    }

    [Fact]
    public void Masks_of_different_sizes_are_refused() =>
        Assert.Throws<ArgumentException>(() => MaskOverlap.Of(new Mask(2, 3, new bool[6]), new Mask(3, 2, new bool[6])));

    private static Mask Read(JsonElement recorded, string key)
    {
        var rows = recorded.GetProperty(key).EnumerateArray().Select(r => r.GetString()!).ToArray();
        return new Mask(rows[0].Length, rows.Length, [.. rows.SelectMany(r => r.Select(c => c == '#'))]);
    }
}
