using System.Globalization;
using Ark.Data;
using Ark.Evaluation;
using Spectre.Console;

namespace Ark.Cli;

/// <summary>Evaluations and comparisons as tables for a person.</summary>
internal static class EvaluationTable
{
    /// <summary>One evaluation, label by label, then by groups.</summary>
    public static void Write(Terminal terminal, DatasetEvaluation evaluation)
    {
        var console = ResultTable.Console(terminal);
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns(
            "label", "AUROC", "average precision", "accuracy", "MCC", "F1", "sensitivity", "specificity", "positives", "negatives");
        foreach (var l in evaluation.Labels)
        {
            table.AddRow(Markup.Escape(l.Name), Figure(l.Auroc, l.Intervals, "auroc"), Figure(
                l.AveragePrecision, l.Intervals, "average_precision"), Figure(l.Accuracy), Figure(l.Mcc), Figure(l.F1),
                Figure(l.Sensitivity), Figure(l.Specificity), Count(l.Positives), Count(l.Negatives));
        }

        console.Write(table);
        console.WriteLine($"{evaluation.Dataset}, {evaluation.Split.ResultWord()}, "
            + $"{evaluation.Weights.ToString().ToLowerInvariant()}: {evaluation.Images} images, "
            + $"mean AUROC {Figure(evaluation.MeanAuroc, evaluation.Intervals, "mean_auroc")}, mean average precision "
            + $"{Figure(evaluation.MeanAveragePrecision, evaluation.Intervals, "mean_average_precision")}"
            + (evaluation.Accuracy is { } accuracy ? $", accuracy {Figure(accuracy, evaluation.Intervals, "accuracy")}, MCC "
                + $"{Figure(evaluation.Mcc)}, macro F1 {Figure(evaluation.F1)}" : ""));
        console.WriteLine(evaluation.Threshold is { } threshold
            ? string.Create(CultureInfo.InvariantCulture, $"a label is called present from a probability of {threshold}")
            : "the class of the highest probability is called");
        if (evaluation.Resampling is { } resampling) console.WriteLine(Drawn(resampling));
        foreach (var comparison in evaluation.Groups) Write(console, comparison);
        foreach (var (name, answered) in evaluation.Sources) console.WriteLine(
            $"{OneLine.Of(name)}: {OneLine.Of(string.Join(", ", answered))}");
        if (evaluation.NotReported.Count > 0)
            console.WriteLine(
                $"not reported, because no head was trained on them: {OneLine.Of(string.Join(", ", evaluation.NotReported))}");
    }

    /// <summary>Two models on the same images.</summary>
    public static void Write(Terminal terminal, ModelComparison comparison, string first, string second)
    {
        var console = ResultTable.Console(terminal);
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns(
            "label", "AUROC, first", "AUROC, second", "difference", "standard error", "z", "p (DeLong)", "positives", "negatives");
        foreach (var l in comparison.Labels)
        {
            var a = l.Auroc;
            table.AddRow(Markup.Escape(l.Name), Figure(
                a?.First), Figure(a?.Second), Figure(a?.Difference) + Range(l.Interval), Figure(a?.StandardError), Figure(a?.Z),
                a?.P is { } p ? p.ToString("G3", CultureInfo.InvariantCulture) : "undefined", a is null ? "" : Count(a.Positives),
                a is null ? "" : Count(a.Negatives));
        }

        console.Write(table);
        console.WriteLine($"first: {first}; second: {second}");
        console.WriteLine($"{comparison.Images} images, mean AUROC {Figure(comparison.FirstMeanAuroc)} and "
            + $"{Figure(comparison.SecondMeanAuroc)}, difference "
            + $"{Figure(comparison.FirstMeanAuroc - comparison.SecondMeanAuroc)}{Range(comparison.MeanInterval)}");
        if (comparison.Resampling is { } resampling) console.WriteLine(Drawn(resampling));
    }

    private static void Write(IAnsiConsole console, GroupComparison comparison)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns(Markup.Escape(comparison.Column), "images", "mean AUROC", "mean average precision");
        foreach (var (value, figures) in comparison.Groups)
            table.AddRow(
                Markup.Escape(value),
                Count(figures.Images),
                Figure(figures.MeanAuroc, figures.Intervals, "mean_auroc"),
                Figure(figures.MeanAveragePrecision, figures.Intervals, "mean_average_precision"));
        console.Write(table);
        if (comparison.Gaps.Count == 0) return;
        table = new Table { Border = TableBorder.Simple };
        table.AddColumns("gap", "label", "highest", "lowest", "difference");
        foreach (var gap in comparison.Gaps)
            table.AddRow(
                gap.Figure.Replace('_', ' '),
                Markup.Escape(gap.Label ?? "labels defined in all groups"),
                Markup.Escape(gap.Highest),
                Markup.Escape(gap.Lowest),
                Figure(gap.Gap) + Range(gap.Interval));
        console.Write(table);
    }

    private static string Drawn(Resampling r) =>
        string.Create(CultureInfo.InvariantCulture, $"95 % intervals: percentiles of {r.Replicates} bootstrap replicates of {r.Units} "
            + $"{(r.ByPatient ? "patients" : "images")}, seed {r.Seed}");

    private static string Figure(double? value, IReadOnlyDictionary<string, ConfidenceInterval> intervals, string name) =>
        Figure(value) + Range(intervals.TryGetValue(name, out var interval) ? interval : null);

    private static string Range(ConfidenceInterval? interval) =>
        interval is { } i ? string.Create(CultureInfo.InvariantCulture, $" ({i.Low:F3} to {i.High:F3})") : "";

    private static string Figure(double? value) => ResultTable.Figure(value);

    private static string Count(int value) => value.ToString(CultureInfo.InvariantCulture);
}
