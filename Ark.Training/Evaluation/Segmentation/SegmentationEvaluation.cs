using System.Text.Json.Nodes;
using Ark.Data;

namespace Ark.Evaluation;

/// <summary>How well a network finds the structures of a split, in the grid of the stored images.</summary>
public sealed record SegmentationEvaluation
{
    /// <summary>The dataset.</summary>
    public required string Dataset { get; init; }

    /// <summary>The split.</summary>
    public required DatasetSplit Split { get; init; }

    /// <summary>The network's file.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>How many images were read.</summary>
    public required int Images { get; init; }

    /// <summary>Whether the grey levels of each picture were spread over the full range first.</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool IsStretched { get; init; }

    /// <summary>
    /// Whether masks were measured as the network finds them; else as prediction gives them, without small islands and with holes filled.
    /// </summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool HasRawMasks { get; init; }

    /// <summary>The figures of each structure.</summary>
    public required IReadOnlyList<StructureEvaluation> Structures { get; init; }

    /// <summary>The cardiothoracic ratios; <see langword="null"/> where no image had heart and lungs.</summary>
    public CardiothoracicEvaluation? CardiothoracicRatio { get; init; }

    /// <summary>How intervals were computed; <see langword="null"/> where there are none.</summary>
    public Resampling? Resampling { get; init; }

    /// <summary>Mean of the structures' Dice, of those that any image tells of.</summary>
    public double MeanDice => Mean(s => s.Dice);

    /// <summary>Mean of the structures' IoU, of the same.</summary>
    public double MeanIoU => Mean(s => s.IoU);

    /// <summary>The figures for machines, as <c>ark segment evaluate --json</c> writes them.</summary>
    /// <returns>A new object.</returns>
    public JsonObject ToJson()
    {
        var result = new JsonObject
        {
            ["dataset"] = Dataset,
            ["split"] = Split.ResultWord(),
            ["checkpoint"] = Checkpoint,
            ["images"] = Images,
            ["mean_dice"] = JsonScalar.Number(MeanDice),
            ["mean_iou"] = JsonScalar.Number(MeanIoU),
            ["structures"] = new JsonArray([.. Structures.Select(s => s.ToJson())]),
        };
        if (CardiothoracicRatio is { } ratio) result["cardiothoracic_ratio"] = ratio.ToJson();
        if (IsStretched) result["stretch"] = true;
        if (HasRawMasks) result["raw_masks"] = true;
        if (Resampling is { } resampling) result["resampling"] = Json.Resampling(resampling);
        return result;
    }

    private double Mean(Func<StructureEvaluation, double> figure) =>
        Structures.Select(figure).Where(f => !double.IsNaN(f)).DefaultIfEmpty(double.NaN).Average();
}
