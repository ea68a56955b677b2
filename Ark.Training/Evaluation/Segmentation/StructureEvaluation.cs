using System.Text.Json.Nodes;

namespace Ark.Evaluation;

/// <summary>How well one structure is found.</summary>
public sealed record StructureEvaluation
{
    internal const string DiceName = "dice";
    internal const string IoUName = "iou";
    internal const string PixelsName = "hd95_px";
    internal const string MillimetersName = "hd95_mm";

    /// <summary>The structure.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// Dice coefficient of each image, averaged over the images whose masks tell of the structure; 1 for an image where both masks are
    /// empty. NaN where no image tells, as the next two are.
    /// </summary>
    public required double Dice { get; init; }

    /// <summary>Dice coefficient of the pixels of all images taken together, as the publications' "Dice".</summary>
    public required double DiceOfAll { get; init; }

    /// <summary>Intersection over union of each image, averaged.</summary>
    public required double IoU { get; init; }

    /// <summary>
    /// 95th percentile of the distance between the outlines in pixels of the stored images, averaged over the images where both masks have
    /// one; <see langword="null"/> where none has.
    /// </summary>
    public required double? Hausdorff95 { get; init; }

    /// <summary>The same in mm, over the images whose pixel size is known.</summary>
    public required double? Hausdorff95Millimeters { get; init; }

    /// <summary>Images that have no such distance because one mask is empty, or both are.</summary>
    public required int Undefined { get; init; }

    /// <summary>95 % intervals by figure, named as in JSON; empty where none were asked for.</summary>
    public IReadOnlyDictionary<string, ConfidenceInterval> Intervals { get; init; } = new Dictionary<string, ConfidenceInterval>(
        StringComparer.Ordinal);

    internal JsonObject ToJson()
    {
        var result = new JsonObject
        {
            ["name"] = Name,
            [DiceName] = JsonScalar.Number(Dice),
            ["dice_all"] = JsonScalar.Number(DiceOfAll),
            [IoUName] = JsonScalar.Number(IoU),
            [PixelsName] = JsonScalar.Number(Hausdorff95),
            [MillimetersName] = JsonScalar.Number(Hausdorff95Millimeters),
            ["hd95_undefined"] = Undefined,
        };
        if (Intervals.Count > 0) result["intervals"] = Json.Intervals(Intervals);
        return result;
    }
}
