using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark segment train</c>: a segmentation network on one dataset.</summary>
internal static class SegmentTrainCommand
{
    private const string Help = """
        Train a segmentation network (UPerNet on a Swin Transformer) on one dataset, choose the weights with the lowest validation loss, and test them. The folder holds config.json,
        metrics.jsonl, report.html and checkpoints/best.pth.tar; with several trials one such folder each, and results.json. --resume goes on with one run, or with all trials that are left.

        Examples:
          ark segment train --config builtin:phantom
          ark segment train --config jsrt.yaml --init ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar --img-size 448 --out runs/jsrt
          ark segment train --config jsrt.yaml --trials 3 --loss dice-ce --epochs 100
          ark segment train --resume runs/jsrt
          ark segment train --config jsrt.yaml --out runs/jsrt --resume auto      (begin, or go on: the line of a job that may be requeued)
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var config = new Option<string?>("--config") { Description = "the catalogue of datasets (YAML), or builtin:phantom", HelpName = "FILE" };
        var dataset = new Option<string?>("--dataset") { Description = "the dataset of the catalogue (default: the only one)", HelpName = "NAME" };
        var output = new Option<string?>("--out") { Description = "the run's folder (default: runs/ and the time)", HelpName = "DIR" };
        var resume = ResumeOption.Create("the run, or with all trials that are left,");
        var trials = new Option<int>("--trials") { Description = "trainings with different seeds, counted from --seed", HelpName = "N", DefaultValueFactory = _ => 1 };
        var json = new Option<string?>("--json") { Description = "write the results as JSON; - for standard output", HelpName = "OUT" };
        var quiet = new Option<bool>("--quiet") { Description = "no progress" };
        var command = new Command("train", Help) { config, dataset, output, resume, trials, json, quiet };
        List<(SegmentationSetting Setting, Option<string?> Option)> settings = [.. SegmentationSettings.All.Select(s => (s, OptionOf(s)))];
        foreach (var (_, option) in settings) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var silent = parsed.GetValue(quiet);
            List<(string Name, string Value, string Written)> given =
                [.. settings.Where(s => parsed.GetResult(s.Option) is { Implicit: false }).Select(s => (s.Setting.Name, parsed.GetValue(s.Option)!, parsed.GetResult(s.Option)!.IdentifierToken?.Value ?? s.Option.Name))];
            var count = Numbers.AtLeast(1, parsed.GetValue(trials), "--trials");
            var (directory, goesOn) = ResumeOption.Find(parsed.GetValue(resume), parsed.GetValue(output), output.Name, NewFolder, TrialFolders.HoldRun);
            var planned = goesOn ? TrialFolders.CountOf(directory) ?? 1 : count;
            if (parsed.GetResult(trials) is { Implicit: false }) ResumeOption.RequireSame(directory, trials.Name, planned, count);
            count = planned;
            var begun = goesOn ? Begun.Read(directory, count) : null;
            var file = parsed.GetValue(config) is { } catalogueFile ? CatalogueFile.Lasting(catalogueFile)
                : begun?.Catalogue ?? throw new ArkInputException("command line", "option '--config'", "is missing", "Give --config FILE, --config builtin:phantom, or --resume DIR.");
            if (begun is not null)
            {
                ResumeOption.RequireSame(directory, config.Name, begun.Catalogue, file);
                if (parsed.GetValue(dataset) is { } named) ResumeOption.RequireSame(directory, dataset.Name, begun.Dataset, named);
                Continued(begun, directory, given);
            }

            var catalogue = await CatalogueFile.LoadMasksAsync(parsed.GetValue(config) ?? file, terminal, silent, cancellationToken).ConfigureAwait(false);
            if (begun is not null && parsed.GetValue(config) is not null) RequireSameSection(begun, directory, catalogue, given);
            if (begun is not null && ResumeOption.Results(directory) is { } ended) return await ResumeOption.FinishedAsync(terminal, directory, ended, parsed.GetValue(json)).ConfigureAwait(false);
            var options = begun is null ? Options(catalogue, given) : Continued(begun, directory, given);
            var chosen = SegmentCommand.Dataset(services, catalogue, begun?.Dataset ?? parsed.GetValue(dataset));
            var results = new List<SegmentationResult>();
            if (!goesOn) TrialFolders.Begin(directory, count);
            using (var reporter = new ConsoleReporter(terminal, silent))
            {
                for (var t = 0; t < count; t++)
                {
                    var trial = options.Clone();
                    trial.Seed += (ulong)t;
                    var folder = count == 1 ? directory : TrialFolders.Of(directory, t);
                    var run = new SegmentationRun
                    {
                        Dataset = chosen,
                        Options = trial,
                        Directory = folder,
                        Resume = goesOn && ResumeOption.HoldsRun(folder),
                        Catalogue = file,
                        CatalogueOptions = [.. catalogue.Training.Select(o => KeyValuePair.Create(o.Key, o.Value))],
                    };
                    try
                    {
                        results.Add(await services.GetRequiredService<SegmentationTrainer>().TrainAsync(run, reporter, cancellationToken).ConfigureAwait(false));
                    }
                    catch (OperationCanceledException) when (t > 0 || File.Exists(Path.Combine(run.Directory, "config.json")))
                    {
                        reporter.Line($"Stopped. Go on with: {SegmentationTrainer.ResumeCommand} {ShellPath.Quoted(directory)}");
                        throw;
                    }
                }
            }

            var document = Document(results);
            ResumeOption.WriteResults(directory, document);
            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, document).ConfigureAwait(false);
            if (parsed.GetValue(json) == "-") return ExitCode.Done;
            SegmentationTable.Write(terminal, [.. results.Select(r => r.Test)]);
            foreach (var result in results)
                await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"best epoch {result.BestEpoch} of {result.Epochs}, validation loss {result.ValidationLoss:F4}, {(int)result.Duration.TotalMinutes}m{result.Duration.Seconds:D2}s: {result.Checkpoint}")).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static Option<string?> OptionOf(SegmentationSetting setting)
    {
        string[] names = [.. new[] { setting.Name, setting.Name.Replace('-', '_') }.Distinct().Select(n => "--" + n)];
        return new Option<string?>(names[0], names[1..]) { Description = setting.Help, HelpName = setting.ValueName };
    }

    private static SegmentationOptions Options(DatasetCatalogue catalogue, List<(string Name, string Value, string Written)> given)
    {
        var options = new SegmentationOptions();
        foreach (var (key, value, line) in catalogue.Training) SegmentationSettings.Apply(options, key, value, catalogue.Source, $"line {line}, key '{key}'");
        foreach (var (name, value, written) in given) SegmentationSettings.Apply(options, name, value, "command line", $"option '{written}'");
        options.Validate();
        return Lasting(options);
    }

    // The run may be gone on with from another folder.
    private static SegmentationOptions Lasting(SegmentationOptions options)
    {
        if (options.Initial is { } weights) options.Initial = Path.GetFullPath(weights);
        return options;
    }

    // What a run began with, and of the command line what may be otherwise: where and how it is computed, not what.
    private static SegmentationOptions Continued(Begun begun, string directory, List<(string Name, string Value, string Written)> given)
    {
        var asked = begun.Options.Clone();
        foreach (var (name, value, written) in given) SegmentationSettings.Apply(asked, name, value, "command line", $"option '{written}'");
        ResumeOption.RequireSame(directory, begun.Options, Lasting(asked), Fixed, name => ("command line", $"option '{given.Last(g => g.Name == name).Written}'"));
        asked.Validate();
        return asked;
    }

    // The catalogue's own options are a part of the line that names it. What the line overrode when the run began is overridden still.
    private static void RequireSameSection(Begun begun, string directory, DatasetCatalogue catalogue, List<(string Name, string Value, string Written)> given)
    {
        if (begun.CatalogueOptions is not { } recorded) return;
        foreach (var (key, value, line) in catalogue.Training)
        {
            if ((string?)recorded[key] == value || given.Any(g => g.Name == SegmentationSettings.Find(key)?.Name)) continue;
            var (asked, place) = (begun.Options.Clone(), $"line {line}, key '{key}'");
            SegmentationSettings.Apply(asked, key, value, catalogue.Source, place);
            ResumeOption.RequireSame(directory, begun.Options, Lasting(asked), Fixed, _ => (catalogue.Source, place));
        }

        // What the section says no more: a run that began with the file as it is now would have another value there.
        var anew = Options(catalogue, given);
        foreach (var (key, value) in recorded)
        {
            if (SegmentationSettings.Find(key) is not { } setting || catalogue.Training.Any(o => SegmentationSettings.Find(o.Key)?.Name == setting.Name)) continue;
            var then = begun.Options.Clone();
            SegmentationSettings.Apply(then, key, (string)value!, catalogue.Source, $"key '{key}'");
            if (setting.Format(Lasting(then)) != setting.Format(begun.Options)) continue;
            foreach (var (_, of) in Fixed.Where(f => f.Name == setting.Name)) ResumeOption.RequireKey(directory, catalogue.Source, key, of(begun.Options), of(anew));
        }
    }

    private static IEnumerable<(string Name, Func<SegmentationOptions, object?> Of)> Fixed =>
        SegmentationSettings.All.Where(s => s.Name is "init" or "key" || !SegmentationCheckpoint.MayDiffer.Contains(s.Name)).Select(s => (s.Name, (Func<SegmentationOptions, object?>)s.Format));

    private static string NewFolder() => Path.Combine("runs", "segment-" + DateTimeOffset.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture));

    private static JsonObject Document(List<SegmentationResult> results) => new()
    {
        ["trials"] = new JsonArray([.. results.Select(r => new JsonObject
        {
            ["best_epoch"] = r.BestEpoch,
            ["epochs"] = r.Epochs,
            ["validation_loss"] = r.ValidationLoss,
            ["seconds"] = Math.Round(r.Duration.TotalSeconds, 1),
            ["test"] = r.Test.ToJson(),
        })]),
        ["summary"] = SegmentationTable.Summary([.. results.Select(r => r.Test)]),
    };

    /// <summary>What a training began with: all trials have the options of the first, and seeds counted from its.</summary>
    private sealed record Begun(string? Catalogue, string Dataset, SegmentationOptions Options, JsonObject? CatalogueOptions)
    {
        public static Begun Read(string directory, int trials)
        {
            var path = Path.Combine(trials == 1 ? directory : TrialFolders.Of(directory, 0), "config.json");
            if (!File.Exists(path)) throw new ArkInputException(directory, null, "holds no run to resume: its first trial has no config.json", "Give the folder that the run wrote to (--out).");
            try
            {
                var saved = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
                var options = new SegmentationOptions();
                foreach (var (name, value) in saved["options"]!.AsObject().Where(o => o.Value is not null)) SegmentationSettings.Apply(options, name, (string)value!, path, $"key '{name}'");
                return new Begun((string?)saved["catalogue"] ?? throw CatalogueFile.NotRecorded(path), (string)saved["datasets"]![0]!["name"]!, options, saved["catalogue_options"]?.AsObject());
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or ArgumentOutOfRangeException)
            {
                throw new ArkInputException(path, null, "is not the configuration of a segmentation training", "Restore the file that the run wrote.", e);
            }
        }
    }
}
