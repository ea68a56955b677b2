using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Data;
using Spectre.Console;

namespace Ark.Cli;

/// <summary>What a check found, for a person and for machines.</summary>
internal static class DataCheckReport
{
    private const int Shown = 40;

    /// <summary>A table of the splits, then every problem and warning.</summary>
    public static void Write(Terminal terminal, IReadOnlyList<DatasetCheck> checks)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns(
            "dataset", "split", "images", "missing", "unreadable", "equal", "in other split", "patients", "mean", "deviation", "problems",
            "warnings");
        foreach (var check in checks)
        {
            foreach (var s in check.Splits)
            {
                table.AddRow(
                    Markup.Escape(check.Name), s.Split.Word(), Text(s.Images), Text(s.Missing), Text(s.Unreadable), Text(s.Duplicates),
                    Text(s.SharedImages),
                    s.Patients is { } patients ? Text(patients) : "-", Figure(s.Mean), Figure(s.Deviation), Text(s.Problems.Count),
                    Text(s.Warnings.Count));
            }
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Out),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
        });
        console.Profile.Width = 200;
        console.Write(table);
        foreach (var check in checks) WriteLabels(terminal.Out, check);
        WriteAll(terminal.Out, "problem", [.. checks.SelectMany(c => c.Problems.Concat(c.Splits.SelectMany(s => s.Problems)))]);
        WriteAll(terminal.Out, "warning", [.. checks.SelectMany(c => c.Splits.SelectMany(s => s.Warnings))]);
        if (checks.All(c => c.IsSound)) terminal.Out.WriteLine("Nothing is wrong.");
    }

    /// <summary>The report for machines.</summary>
    public static JsonObject Json(IReadOnlyList<DatasetCheck> checks) => new()
    {
        ["datasets"] = new JsonArray([.. checks.Select(check => new JsonObject
        {
            ["name"] = check.Name,
            ["problems"] = Problems(check.Problems),
            ["splits"] = new JsonArray([.. check.Splits.Select(Json)]),
        })]),
    };

    private static JsonObject Json(SplitCheck split) => new()
    {
        ["name"] = split.Split.Word(),
        ["images"] = split.Images,
        ["missing"] = split.Missing,
        ["unreadable"] = split.Unreadable,
        ["decoded"] = split.Decoded,
        ["duplicates"] = split.Duplicates,
        ["shared_images"] = split.SharedImages,
        ["patients"] = split.Patients,
        ["mean"] = split.Mean,
        ["std"] = split.Deviation,
        ["labels"] = new JsonArray([.. split.Labels.Select(label => new JsonObject
        {
            ["name"] = label.Name,
            ["positives"] = label.Positives,
            ["negatives"] = label.Negatives,
            ["missing"] = label.Missing,
            ["prevalence"] = label.Prevalence,
        })]),
        ["unknown_findings"] = new JsonArray([.. split.UnknownFindings.Select(finding => new JsonObject
        {
            ["name"] = finding.Name,
            ["rows"] = finding.Rows,
        })]),
        ["problems"] = Problems(split.Problems),
        ["warnings"] = Problems(split.Warnings),
    };

    private static JsonArray Problems(IEnumerable<CheckProblem> problems) =>
        new([.. problems.Select(p => new JsonObject { ["file"] = p.File, ["line"] = p.Line, ["message"] = p.Message })]);

    private static void WriteLabels(TextWriter output, DatasetCheck check)
    {
        foreach (var split in check.Splits.Where(s => s.Labels.Count > 0))
        {
            var labels = split.Labels.Select(l => l.Prevalence is { } share
                ? string.Create(CultureInfo.InvariantCulture, $"{l.Name} {l.Positives} ({share:P1})")
                : $"{l.Name} unknown");
            output.WriteLine($"{check.Name} {split.Split.Word()}: {string.Join(", ", labels)}");
        }
    }

    private static void WriteAll(TextWriter output, string kind, IReadOnlyList<CheckProblem> problems)
    {
        foreach (var problem in problems.Take(Shown))
        {
            // Most messages name their place already; those about an image of a list do not.
            var place = problem.Line is { } line ? $"{problem.File}, line {line}" : problem.File;
            output.WriteLine(problem.Message.StartsWith(place, StringComparison.Ordinal)
                ? $"{kind}: {problem.Message}"
                : $"{kind}: {place}: {problem.Message}");
        }

        if (problems.Count > Shown) output.WriteLine($"{kind}: and {problems.Count - Shown} more (see --json)");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Figure(double? value) => value is { } number ? number.ToString("F1", CultureInfo.InvariantCulture) : "-";
}
