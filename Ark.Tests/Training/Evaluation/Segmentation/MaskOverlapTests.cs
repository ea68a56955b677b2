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
    public void Ignored_pixels_count_for_nothing_and_make_no_border()
    {
        string[] truth = ["..........", ".######...", ".######...", "..........", ".........."];
        string[] found = ["..........", ".#########", ".#########", "..........", ".........#"];
        string[] ignored = ["......####", "......####", "......####", "......####", "......####"];
        var overlap = MaskOverlap.Of(Drawn(found), Drawn(truth), ignored: Drawn(ignored).Pixels);
        Assert.Equal((1, 1, 0), (overlap.Dice, overlap.IoU, overlap.Hausdorff95));
        // The border towards what is not known is none: all of the rest is.
        var border = Drawn(truth).Border(Drawn(ignored).Pixels);
        Assert.Equal([true, true, true, true, true, false], border[11..17]);
        // What is left of the truth alone.
        Assert.Equal((0, 0, null), Figures(MaskOverlap.Of(Drawn(ignored), Drawn(truth), ignored: Drawn(ignored).Pixels)));
        Assert.Equal((1, 1, null), Figures(MaskOverlap.Of(Drawn(found), Drawn(truth), ignored: [.. Enumerable.Repeat(true, 50)])));

        static (double, double, double?) Figures(MaskOverlap overlap) => (overlap.Dice, overlap.IoU, overlap.Hausdorff95);
    }

    [Fact]
    public void Masks_of_different_sizes_are_refused() =>
        Assert.Throws<ArgumentException>(() => MaskOverlap.Of(new Mask(2, 3, new bool[6]), new Mask(3, 2, new bool[6])));

    private static Mask Read(JsonElement recorded, string key) =>
        Drawn([.. recorded.GetProperty(key).EnumerateArray().Select(r => r.GetString()!)]);

    private static Mask Drawn(string[] rows) => new(rows[0].Length, rows.Length, [.. rows.SelectMany(r => r.Select(c => c == '#'))]);
}
