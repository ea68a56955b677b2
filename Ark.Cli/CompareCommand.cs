using System.CommandLine;
using Ark.Evaluation;

namespace Ark.Cli;

/// <summary><c>ark compare</c>: two models on the same images.</summary>
internal static class CompareCommand
{
    private const string Help = """
        Compare two models on the same images, from the tables that 'ark evaluate --predictions' wrote or
        any other with their columns: AUROC per label, DeLong's test, and 95 % intervals of the difference
        by paired bootstrap. Images are matched by name.

        Examples:
          ark evaluate --checkpoint a.pth.tar --config ark.yaml --dataset chestxray14 --predictions a.csv
          ark evaluate --checkpoint b.pth.tar --config ark.yaml --dataset chestxray14 --predictions b.csv
          ark compare a.csv b.csv --intervals 2000 --json comparison.json
        """;

    public static Command Create(Terminal terminal)
    {
        var first = new Argument<string>("first") { Description = "the first model's predictions (.csv or .parquet)" };
        var second = new Argument<string>("second") { Description = "the second model's" };
        var intervals = new Option<int>("--intervals")
        {
            Description = "bootstrap replicates for 95 % intervals, by patient where patients are known; 0 for none",
            HelpName = "N",
            DefaultValueFactory = _ => 1000,
        };
        var seed = new Option<ulong>("--seed")
        {
            Description = "what the replicates are drawn from",
            HelpName = "N",
            DefaultValueFactory = _ => 42,
        };
        var json = CommonOptions.Json("the figures");
        var quiet = CommonOptions.Quiet("no notes");
        var command = new Command("compare", Help) { first, second, intervals, seed, json, quiet };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (one, two) = (parsed.GetRequiredValue(first), parsed.GetRequiredValue(second));
            var scoring = new ScoringOptions
            {
                Replicates = Numbers.AtLeast(0, parsed.GetValue(intervals), "--intervals"),
                Seed = parsed.GetValue(seed),
            };
            var (a, b) = (
                await PredictionFile.ReadAsync(one, cancellationToken).ConfigureAwait(false),
                await PredictionFile.ReadAsync(two, cancellationToken).ConfigureAwait(false));
            var comparison = ModelComparison.Of(a, b, scoring, cancellationToken);
            using (var reporter = new ConsoleReporter(terminal, parsed.GetValue(quiet)))
            {
                if (comparison.Images < Math.Max(a.Count, b.Count))
                    reporter.Line(
                        $"warning: only the {comparison.Images} images that both tables have are compared ({a.Count} and {b.Count})",
                        evenIfQuiet: true);
                if (comparison.Labels.Count < Math.Max(a.Labels.Count, b.Labels.Count))
                    reporter.Line(
                        $"warning: only the {comparison.Labels.Count} label(s) that both tables have are compared", evenIfQuiet: true);
                string[] patients = [.. (a.Patients ?? b.Patients)?.OfType<string>() ?? []];
                if (patients.Distinct(StringComparer.Ordinal).Count() < patients.Length)
                    reporter.Line("DeLong's test takes images as independent; patients here have several, so prefer the intervals, which "
                        + "go by patient.");
            }

            var document = comparison.ToJson();
            document.Insert(0, "first", one);
            document.Insert(1, "second", two);
            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, document).ConfigureAwait(false);
            if (parsed.GetValue(json) != "-") EvaluationTable.Write(terminal, comparison, one, two);
            return ExitCode.Done;
        });
        return command;
    }
}
