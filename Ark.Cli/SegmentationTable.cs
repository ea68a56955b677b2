using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Spectre.Console;

namespace Ark.Cli;

/// <summary>Figures of segmentation networks as a table for a person; several trials as mean and deviation.</summary>
internal static class SegmentationTable
{
    private static readonly (string Name, Func<StructureEvaluation, double?> Of)[] Figures =
        [
            ("dice", s => s.Dice), ("dice_all", s => s.DiceOfAll), ("iou", s => s.IoU), ("hd95_px", s => s.Hausdorff95),
            ("hd95_mm", s => s.Hausdorff95Millimeters)
        ];

    /// <summary>Writes the table.</summary>
    public static void Write(Terminal terminal, IReadOnlyList<SegmentationEvaluation> trials)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("structure", "Dice", "Dice of all pixels", "IoU", "HD95, pixels", "HD95, mm", "without HD95");
        for (var k = 0; k < trials[0].Structures.Count; k++)
        {
            StructureEvaluation[] all = [.. trials.Select(t => t.Structures[k])];
            table.AddRow(
            [
                Markup.Escape(all[0].Name), .. Figures.Select(f => Text(all, f.Name, f.Of)),
                string.Join(", ", all.Select(s => s.Undefined.ToString(CultureInfo.InvariantCulture)).Distinct())
            ]);
        }

        var console = ResultTable.Console(terminal);
        console.Write(table);
        var over = trials.Count > 1 ? $", mean ± deviation over {trials.Count} trials" : "";
        var how = trials[0].HasRawMasks
            ? "masks as the network finds them"
            : "masks without small islands and with holes filled, but for ribs (--raw-masks leaves them)";
        console.WriteLine($"{trials[0].Dataset}, {trials[0].Split.ResultWord()}: {trials[0].Images} images{over}");
        console.WriteLine($"{how}{(trials[0].IsStretched ? "; grey levels stretched" : "")}");
        foreach (var trial in trials)
        {
            if (trial.CardiothoracicRatio is { } ratio) console.WriteLine(Line(ratio));
        }
    }

    /// <summary>Mean and deviation (n - 1) of every figure over the trials.</summary>
    public static JsonArray Summary(
        IReadOnlyList<SegmentationEvaluation> trials) => new([.. Enumerable.Range(0, trials[0].Structures.Count).Select(k =>
    {
        StructureEvaluation[] all = [.. trials.Select(t => t.Structures[k])];
        var result = new JsonObject { ["name"] = all[0].Name };
        foreach (var (name, of) in Figures)
        {
            var (mean, deviation) = Moments(all, of);
            result[name] = mean;
            result[name + "_std"] = deviation;
        }

        return result;
    })]);

    private static string Line(CardiothoracicEvaluation ratio)
    {
        var line = string.Create(CultureInfo.InvariantCulture, $"cardiothoracic ratio: mean {ratio.Found:F3} of {ratio.Images} images");
        return ratio.Compared == 0 ? line : string.Create(CultureInfo.InvariantCulture,
            $"{line}; by their masks {ratio.Truth:F3}, mean absolute difference {ratio.Difference:F3} ({ratio.Compared} images)");
    }

    private static string Text(StructureEvaluation[] trials, string name, Func<StructureEvaluation, double?> of)
    {
        var (mean, deviation) = Moments(trials, of);
        var text = ResultTable.Figure(mean);
        if (deviation is { } std) return string.Create(CultureInfo.InvariantCulture, $"{text} ± {std:F3}");
        return trials[0].Intervals.TryGetValue(name, out var interval)
            ? string.Create(CultureInfo.InvariantCulture, $"{text} ({interval.Low:F3} to {interval.High:F3})")
            : text;
    }

    private static (double? Mean, double? Deviation) Moments(StructureEvaluation[] trials, Func<StructureEvaluation, double?> of)
    {
        double[] values = [.. trials.Select(of).OfType<double>().Where(v => !double.IsNaN(v))];
        if (values.Length == 0) return (null, null);
        var mean = values.Average();
        return (mean, values.Length < 2 ? null : Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1)));
    }
}
