using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Tests.Training;

public class StructureScoresTests
{
    [Fact]
    public void Figures_are_means_over_images_and_of_all_pixels_and_distances_come_in_millimeters()
    {
        var scores = new StructureScores("heart");
        // Two pixels beside each other, of which one is found, beside a pixel that is not there.
        scores.Add(Row(0, 1, 1, 0), Row(1, 1, 0, 0), 0.5);
        scores.Add(Row(1, 0, 0, 0), Row(1, 0, 0, 0), null);
        scores.Add(Row(0, 0, 0, 0), Row(0, 0, 0, 0), 0.5);
        scores.Add(Row(0, 0, 0, 0), Row(0, 0, 0, 1), 0.5);
        var figures = scores.Evaluate([], 0);
        Assert.Equal((0.5 + 1 + 1 + 0) / 4, figures.Dice, 1e-12);
        Assert.Equal(2.0 * 2 / 7, figures.DiceOfAll, 1e-12);
        Assert.Equal((1.0 / 3 + 1 + 1 + 0) / 4, figures.IoU, 1e-12);
        Assert.Equal(2, figures.Undefined);
        var distance = MaskOverlap.Of(Row(0, 1, 1, 0), Row(1, 1, 0, 0)).Hausdorff95!.Value;
        Assert.Equal((distance + 0) / 2, figures.Hausdorff95!.Value, 1e-12);
        Assert.Equal(distance * 0.5, figures.Hausdorff95Millimeters!.Value, 1e-12);
        Assert.Empty(figures.Intervals);
    }

    [Fact]
    public void An_image_whose_pixels_are_all_left_out_has_no_figure_and_a_structure_of_such_images_alone_has_none()
    {
        var (some, none) = (new StructureScores("heart"), new StructureScores("lungs"));
        some.Add(Row(1, 1, 0, 0), Row(1, 0, 0, 0), 1, [false, true, false, false]);
        some.Add(Row(1, 1, 0, 0), Row(0, 0, 0, 0), 1, [true, true, true, true]);
        none.Add(Row(1, 1, 0, 0), Row(0, 0, 0, 0), 1, [true, true, true, true]);
        var figures = some.Evaluate([], 0);
        Assert.Equal((1, 1, 1, 0), (figures.Dice, figures.DiceOfAll, figures.IoU, figures.Undefined));
        var empty = none.Evaluate([], 0);
        Assert.All((double[])[empty.Dice, empty.DiceOfAll, empty.IoU], f => Assert.Equal(double.NaN, f));
        Assert.Equal((null, 0), (empty.Hausdorff95, empty.Undefined));
        Assert.Null(empty.ToJson()["dice"]);
        var both = new SegmentationEvaluation
        {
            Dataset = "Set",
            Split = DatasetSplit.Test,
            Checkpoint = "best.pth.tar",
            Images = 2,
            Structures = [figures, empty],
        };
        Assert.Equal((1, 1), (both.MeanDice, both.MeanIoU));
    }

    [Fact]
    public void Intervals_hold_the_figure_and_shrink_to_it_where_all_images_are_alike()
    {
        var (varied, alike) = (new StructureScores("a"), new StructureScores("b"));
        for (var i = 0; i < 30; i++)
        {
            varied.Add(i % 3 == 0 ? Row(1, 1, 0, 0) : Row(1, 0, 0, 0), Row(1, 0, 0, 0), 1);
            alike.Add(Row(1, 1, 0, 0), Row(1, 0, 0, 0), 1);
        }

        StructureScores[] both = [varied, alike];
        var replicates = new Bootstrap(30, null).Run(400, 1, 8, (weights, figures) =>
        {
            for (var k = 0; k < 2; k++) both[k].Means(weights, figures.Slice(4 * k, 4));
        }, TestContext.Current.CancellationToken);
        var (one, two) = (varied.Evaluate(replicates, 0), alike.Evaluate(replicates, 4));
        var interval = one.Intervals["dice"];
        Assert.True(interval.Low < one.Dice && one.Dice < interval.High && interval.High - interval.Low is > 0.02 and < 0.3, $"{interval}");
        Assert.Equal(two.Dice, two.Intervals["dice"].Low, 1e-12);
        Assert.Equal(two.Dice, two.Intervals["dice"].High, 1e-12);
        Assert.Equal(["dice", "iou", "hd95_px", "hd95_mm"], one.Intervals.Keys);
    }

    [Fact]
    public void Measurements_give_areas_and_the_ratio_of_widths()
    {
        // Columns 1 to 4 hold lungs, columns 2 and 3 the heart.
        var measured = SegmentationMeasurements.Of(
            ["left_lung", "right_lung", "heart"], [Row(0, 0, 0, 1, 1, 0), Row(0, 1, 0, 0, 0, 0), Row(0, 0, 1, 1, 0, 0)]);
        Assert.Equal(2.0 / 4, measured.CardiothoracicRatio);
        Assert.Equal([2, 1, 2], measured.Areas.Select(a => a.Pixels));
        Assert.Equal(2.0 / 6, measured.Areas[0].Share, 1e-12);
        Assert.Null(SegmentationMeasurements.Of(["lungs", "heart"], [Row(0, 1), Row(0, 0)]).CardiothoracicRatio);
        Assert.Null(SegmentationMeasurements.Of(["heart"], [Row(0, 1)]).CardiothoracicRatio);
    }

    private static Mask Row(params int[] pixels) => new(pixels.Length, 1, [.. pixels.Select(p => p == 1)]);
}
