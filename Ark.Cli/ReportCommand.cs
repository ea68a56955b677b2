using System.CommandLine;
using System.Text.Json.Nodes;
using Ark.Training;

namespace Ark.Cli;

/// <summary><c>ark report</c>: draws the report of a run again.</summary>
internal static class ReportCommand
{
    private const string Help = """
        Draw report.html of a run from its metrics.jsonl: while the run goes on, after it was stopped, or after it ended.

        Example:
          ark report runs/real
        """;

    public static Command Create(Terminal terminal)
    {
        var folder = new Argument<string>("dir") { Description = "the run's folder" };
        var json = CommonOptions.Json("where the report is");
        var quiet = CommonOptions.Quiet("do not print the report's path");
        var command = new Command("report", Help) { folder, json, quiet };
        command.SetAction(async parsed =>
        {
            var run = parsed.GetRequiredValue(folder);
            var report = Path.Combine(run, "report.html");
            AtomicFile.WriteAllText(report, RunReport.Of(run));
            if (parsed.GetValue(json) is { } path)
                await JsonOutput.WriteAsync(terminal, path, new JsonObject { ["report"] = report }).ConfigureAwait(false);
            if (parsed.GetValue(json) != "-" && !parsed.GetValue(quiet)) await terminal.Out.WriteLineAsync(report).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }
}
