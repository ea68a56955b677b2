using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Inference;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark segment train</c>: a segmentation network on one dataset, or on several as one.</summary>
internal sealed class SegmentTrainCommand
{
    private const string Help = """
        Train a segmentation network (UPerNet on a Swin Transformer) on the datasets of a catalogue, choose the weights with the lowest validation loss,
        and test them. The folder holds config.json, metrics.jsonl, report.html and checkpoints/best.pth.tar; with several trials one such
        folder each, and results.json. --resume goes on with one run, or with all trials that are left.

        Examples:
          ark segment train --config builtin:phantom
          ark segment train --config jsrt.yaml --init ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar --img-size 448 --out runs/jsrt
          ark segment train --config jsrt.yaml --trials 3 --loss dice-ce --epochs 100
          ark segment train --resume runs/jsrt
          ark segment train --config jsrt.yaml --out runs/jsrt --resume auto      (begin, or go on: the line of a job that may be requeued)
        """;

    private readonly Option<string?> _config = CommonOptions.OptionalConfig();
    private readonly Option<string?> _dataset = new("--dataset")
    {
        Description = "the dataset of the catalogue, or several joined by '+' (default: all of them)",
        HelpName = "NAME",
    };

    private readonly Option<string?> _output = CommonOptions.Folder("the run's folder (default: runs/ and the time)");
    private readonly Option<string?> _resume = ResumeOption.Create("the run, or with all trials that are left,");
    private readonly Option<int> _trials = new("--trials")
    {
        Description = "trainings with different seeds, counted from --seed",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<string?> _json = CommonOptions.Json("the results");
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly SettingOptions<SegmentationOptions> _settings;
    private readonly IServiceProvider _services;
    private readonly Terminal _terminal;

    private SegmentTrainCommand(IServiceProvider services, Terminal terminal, TrainingCommand command)
    {
        (_services, _terminal) = (services, terminal);
        foreach (var option in (Option[])[_config, _dataset, _output, _resume, _trials, _json, _quiet]) command.Add(option);
        _settings = new SettingOptions<SegmentationOptions>(command, OptionTables.Segmentation);
        command.NameFolders(_output, _resume);
        command.SetAction(RunAsync);
    }

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var command = new TrainingCommand("train", Help);
        _ = new SegmentTrainCommand(services, terminal, command);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var silent = parsed.GetValue(_quiet);
        var options = new RunOptions<SegmentationOptions>(OptionTables.Segmentation, _settings.Given(parsed));
        var (directory, goesOn) = ResumeOption.Find(parsed.GetValue(_resume), parsed.GetValue(_output), _output.Name,
            () => ResumeOption.NewFolder("runs", "segment"), TrialFolders.HoldRun);
        var trials = Trials(parsed, directory, goesOn);
        var begun = goesOn ? ReadBegun(directory, trials) : null;
        var config = parsed.GetValue(_config);
        var file = config is not null ? CatalogueFile.Lasting(config) : begun?.Catalogue ?? throw CommandLineError.NoCatalogue();
        if (begun is not null)
        {
            ResumeOption.RequireSame(directory, _config.Name, begun.Catalogue, file);
            if (parsed.GetValue(_dataset) is { } named) ResumeOption.RequireSame(directory, _dataset.Name, begun.Datasets[0], named);
            options.Continue(directory, begun.Options);
        }

        var catalogue = await CatalogueFile.LoadMasksAsync(config ?? file, _terminal, silent, cancellationToken).ConfigureAwait(false);
        if (begun is not null && config is not null) options.RequireSameSection(begun, directory, catalogue);
        if (begun is not null && ResumeOption.Results(directory) is { } ended)
            return await ResumeOption.FinishedAsync(_terminal, directory, ended, parsed.GetValue(_json)).ConfigureAwait(false);
        var chosen = begun is null
            ? options.Begin(OptionTables.Segmentation.Section(catalogue))
            : options.Continue(directory, begun.Options);
        var first = new SegmentationRun
        {
            Dataset = SegmentCommand.Dataset(
                _services, catalogue, begun?.Datasets[0] ?? parsed.GetValue(_dataset) ?? SegmentCommand.All(_services, catalogue)),
            Options = CatalogueFile.KeepDecoded(file, chosen),
            Directory = directory,
            Resume = goesOn,
            Catalogue = file,
            CatalogueOptions = [.. catalogue.Training.Select(o => KeyValuePair.Create(o.Key, o.Value))],
        };
        if (!goesOn) TrialFolders.Begin(directory, trials);
        var results = await TrainAsync(first, trials, silent, cancellationToken).ConfigureAwait(false);
        await WriteAsync(directory, results, parsed.GetValue(_json)).ConfigureAwait(false);
        return ExitCode.Done;
    }

    // How many trainings there are: a run goes on with as many as it began with.
    private int Trials(ParseResult parsed, string directory, bool goesOn)
    {
        var count = Numbers.AtLeast(1, parsed.GetValue(_trials), _trials.Name);
        var planned = goesOn ? TrialFolders.CountOf(directory) ?? 1 : count;
        if (parsed.IsGiven(_trials)) ResumeOption.RequireSame(directory, _trials.Name, planned, count);
        return planned;
    }

    // All trials have the options of the first, and seeds counted from its.
    private static RecordedRun<SegmentationOptions> ReadBegun(string directory, int trials)
    {
        var path = ResumeOption.ConfigPath(trials == 1 ? directory : TrialFolders.Of(directory, 0));
        if (!File.Exists(path))
        {
            throw new ArkInputException(directory, null, "holds no run to resume: its first trial has no config.json",
                "Give the folder that the run wrote to (--out).");
        }

        return RecordedRun<SegmentationOptions>.Read(
            path, OptionTables.Segmentation, DescribedCheckpoint.SegmentationKind, "segmentation training");
    }

    private async Task<List<SegmentationResult>> TrainAsync(SegmentationRun first, int trials, bool silent,
        CancellationToken cancellationToken)
    {
        var trainer = _services.GetRequiredService<SegmentationTrainer>();
        var results = new List<SegmentationResult>();
        using var reporter = new ConsoleReporter(_terminal, silent);
        for (var t = 0; t < trials; t++)
        {
            var options = first.Options.Clone();
            options.Seed += (ulong)t;
            var folder = trials == 1 ? first.Directory : TrialFolders.Of(first.Directory, t);
            var run = first with { Options = options, Directory = folder, Resume = first.Resume && ResumeOption.HoldsRun(folder) };
            try
            {
                results.Add(await trainer.TrainAsync(run, reporter, cancellationToken).ConfigureAwait(false));
            }
            catch (OperationCanceledException) when (t > 0 || ResumeOption.HoldsRun(folder))
            {
                reporter.Line($"Stopped. Go on with: ark segment train --resume {ShellPath.Quoted(first.Directory)}");
                throw;
            }
        }

        return results;
    }

    private async Task WriteAsync(string directory, List<SegmentationResult> results, string? json)
    {
        var document = Document(results);
        ResumeOption.WriteResults(directory, document);
        if (json is not null) await JsonOutput.WriteAsync(_terminal, json, document).ConfigureAwait(false);
        if (json == "-") return;
        SegmentationTable.Write(_terminal, [.. results.Select(r => r.Test)]);
        foreach (var result in results)
        {
            var (loss, took) = (result.ValidationLoss.ToString("F4", CultureInfo.InvariantCulture), result.Duration);
            if (result.SkippedImages.Count > 0)
            {
                await _terminal.Out.WriteLineAsync($"left out: {result.SkippedImages.Count} unreadable image(s), "
                    + $"first {result.SkippedImages[0]}").ConfigureAwait(false);
            }

            await _terminal.Out.WriteLineAsync($"best epoch {result.BestEpoch} of {result.Epochs}, validation loss {loss}, "
                + $"{(int)took.TotalMinutes}m{took.Seconds:D2}s: {result.Checkpoint}").ConfigureAwait(false);
        }
    }

    private static JsonObject Document(List<SegmentationResult> results) => new()
    {
        ["trials"] = new JsonArray([.. results.Select(r => new JsonObject
        {
            ["best_epoch"] = r.BestEpoch,
            ["epochs"] = r.Epochs,
            ["validation_loss"] = r.ValidationLoss,
            ["seconds"] = Math.Round(r.Duration.TotalSeconds, 1),
            ["skipped_images"] = new JsonArray([.. r.SkippedImages.Select(s => (JsonNode)s)]),
            ["test"] = r.Test.ToJson(),
        })]),
        ["summary"] = SegmentationTable.Summary([.. results.Select(r => r.Test)]),
    };
}
