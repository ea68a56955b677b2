using System.Text.Json.Nodes;

namespace Ark.Inference;

/// <summary>What can be measured on the structures of an image.</summary>
/// <param name="Areas">The area of each structure.</param>
/// <param name="CardiothoracicRatio">The greatest width of the heart over that of both lungs together; <see langword="null"/> where heart
/// or lungs were not looked for, or one of them was not found.</param>
public sealed record SegmentationMeasurements(IReadOnlyList<StructureArea> Areas, double? CardiothoracicRatio)
{
    private static readonly string[][] Lungs = [["lungs"], ["lung"], ["left_lung", "right_lung"]];

    internal static SegmentationMeasurements Of(IReadOnlyList<string> structures, IReadOnlyList<Mask> masks) => new(
        [.. structures.Select((s, k) => new StructureArea(s, masks[k].Area, (double)masks[k].Area / masks[k].Pixels.Length))],
        RatioOf(structures, masks));

    /// <summary>The cardiothoracic ratio alone.</summary>
    internal static double? RatioOf(IReadOnlyList<string> structures, IReadOnlyList<Mask> masks)
    {
        double? Span(params string[] names)
        {
            var parts = names.Select(n => StructureIndex.Of(structures, n)).ToList();
            // One lung alone is no thorax.
            return parts.Contains(-1) || parts.Any(p => masks[p].Area == 0) ? null : WidthOf([.. parts.Select(p => masks[p])]);
        }

        var (heart, thorax) = (Span("heart"), Lungs.Select(l => Span(l)).FirstOrDefault(s => s is not null));
        return heart / thorax;
    }

    /// <summary>The figures for machines.</summary>
    /// <param name="spacing">The side of a pixel in mm, where it is known.</param>
    internal JsonObject ToJson(double? spacing) => new()
    {
        ["cardiothoracic_ratio"] = JsonScalar.Number(CardiothoracicRatio),
        ["structures"] = new JsonArray([.. Areas.Select(a => new JsonObject
        {
            ["name"] = a.Name,
            ["area_px"] = a.Pixels,
            ["area_share"] = a.Share,
            ["area_mm2"] = JsonScalar.Number(a.Pixels * spacing * spacing),
        })]),
    };

    private static double WidthOf(Mask[] masks)
    {
        var (first, last) = (int.MaxValue, -1);
        foreach (var mask in masks)
        {
            for (var i = 0; i < mask.Pixels.Length; i++)
            {
                if (mask.Pixels[i]) (first, last) = (Math.Min(first, i % mask.Width), Math.Max(last, i % mask.Width));
            }
        }

        return last - first + 1;
    }
}
