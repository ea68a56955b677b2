using System.Globalization;
using Ark.Inference;
using Ark.Training;
using Spectre.Console;

namespace Ark.Cli;

/// <summary>Results as tables for a person.</summary>
internal static class ResultTable
{
    /// <summary>The end of a run: what was reached, what a simple model reaches, how much memory and time it took.</summary>
    public static void Write(Terminal terminal, TrainingRun run, TrainingResult result)
    {
        var console = Console(terminal);
        if (result.Evaluations.Count > 0) console.Write(Figures(run, result));
        else console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"validation loss: {result.ValidationLoss:F4} after epoch {result.BestEpoch}")
            + (result.Directory is { } start ? $" (start from it: --init {BestOf(start)})" : ""));
        if (result.PixelBaselines.Count > 0)
            console.WriteLine("pixel baseline: logistic regression on 32 x 32 pixels, its penalty chosen on validation");
        if (result.Memory.Count > 0)
            console.WriteLine($"resident memory after each epoch, MB: "
                + $"{string.Join(' ', result.Memory.Select(m => (m.ResidentBytes >> 20).ToString(CultureInfo.InvariantCulture)))} (peak "
                + $"{result.Memory[^1].PeakBytes >> 20})");
        if (result.SkippedImages.Count > 0)
            console.WriteLine($"left out: {result.SkippedImages.Count} unreadable image(s), first {result.SkippedImages[0]}");
        console.WriteLine($"time: {(int)result.Duration.TotalMinutes}m{result.Duration.Seconds:D2}s");
        if (result.Directory is { } directory)
            console.WriteLine($"run: {Path.GetRelativePath(Environment.CurrentDirectory, directory)} (report.html, metrics.jsonl, "
                + $"checkpoints/last.pth.tar)");
        // Last, where it is read: the figures above are those of a run that lost a state.
        if (result.PassedOver is { } states) console.WriteLine($"passed over: {states}");
    }

    private static Table Figures(TrainingRun run, TrainingResult result)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("test AUROC", "chance", "pixel baseline", "student", "teacher", "teacher accuracy", "images");
        foreach (var dataset in run.Datasets)
        {
            var student = result.Evaluations.First(e => e.Dataset == dataset.Name && e.Weights == ModelRole.Student);
            var teacher = result.Evaluations.First(e => e.Dataset == dataset.Name && e.Weights == ModelRole.Teacher);
            table.AddRow(Markup.Escape(
                dataset.Name), "0.500", Figure(result.PixelBaselines.FirstOrDefault(e => e.Dataset == dataset.Name)?.MeanAuroc),
                Figure(student.MeanAuroc), Figure(teacher.MeanAuroc), Figure(teacher.Accuracy),
                teacher.Images.ToString(CultureInfo.InvariantCulture));
        }

        return table;
    }

    private static string BestOf(string directory) =>
        ShellPath.Quoted(Path.Combine(Path.GetRelativePath(Environment.CurrentDirectory, directory), "checkpoints", "best.pth.tar"));

    /// <summary>What tables are written to.</summary>
    public static IAnsiConsole Console(Terminal terminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Out),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
        });
        // A pipe has no width; a table must not be folded to one that was guessed.
        console.Profile.Width = 200;
        return console;
    }

    /// <summary>A figure with three decimals.</summary>
    public static string Figure(double? value) => value is { } number ? number.ToString("F3", CultureInfo.InvariantCulture) : "undefined";
}
