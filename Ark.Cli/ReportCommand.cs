using System.CommandLine;
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
        var command = new Command("report", Help) { folder };
        command.SetAction(parsed =>
        {
            var run = parsed.GetRequiredValue(folder);
            var report = Path.Combine(run, "report.html");
            AtomicFile.WriteAllText(report, RunReport.Of(run));
            terminal.Out.WriteLine(report);
            return ExitCode.Done;
        });
        return command;
    }
}
