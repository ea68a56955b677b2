using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Ark.Cli;

/// <summary><c>ark finetune</c>: a backbone on a dataset of one's own.</summary>
internal sealed class FineTuneCommand
{
    private const string Help = """
        Fine-tune a backbone on one dataset: several trials with different seeds, early stopping on the validation loss, the best epoch
        tested on ten crops, mean and deviation. The flags of the published benchmark (BenchmarkTransformers) are accepted. Results go to
        results.json and results.csv after every trial, and its weights to trial-N.safetensors, which every other command reads. --resume
        goes on with the trials that are left.

        Examples:
          ark finetune --config samples/real-data/ark.yaml --dataset pneumoniamnist --init runs/real/checkpoints/last.pth.tar --trials 3
          ark finetune --config ark.yaml --dataset hannover --init random --model swin_mini --freeze --opt adamw --lr 0.001
          ark finetune --data_set ChestXray14 --data_dir xray --train_list t.txt --val_list v.txt --test_list e.txt --model swin_base
          ark finetune --resume tuned
          ark finetune --config ark.yaml --dataset hannover --init last.pth.tar --out tuned --resume auto   (begin, or go on)
        """;

    private readonly Option<string?> _config = CommonOptions.OptionalConfig();
    private readonly Option<string?> _dataset = Text("--dataset", "the dataset of the catalogue, or a published one with its lists", "NAME",
        "--data_set", "--data-set");
    private readonly Option<string?> _images = Text("--data-dir", "without a catalogue: the folder of images", "DIR", "--data_dir");
    private readonly Option<string?> _train = Text("--train-list", "without a catalogue: the training list", "FILE", "--train_list");
    private readonly Option<string?> _validation = Text("--val-list", "without a catalogue: the validation list", "FILE", "--val_list");
    private readonly Option<string?> _test = Text("--test-list", "without a catalogue: the test list", "FILE", "--test_list");
    private readonly Option<int?> _percent = new("--anno-percent", "--anno_percent")
    {
        Description = "how much of the training split is used, in percent",
        HelpName = "N",
    };

    private readonly Option<string?> _output = CommonOptions.Folder("the folder of results (default: tuned/ and the time)");
    private readonly Option<string?> _resume = ResumeOption.Create("the trials that are left");
    private readonly Option<string?> _json = CommonOptions.Json("the results");
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly SettingOptions<FineTuningOptions> _settings;
    private readonly IServiceProvider _services;
    private readonly Terminal _terminal;

    private FineTuneCommand(IServiceProvider services, Terminal terminal, TrainingCommand command)
    {
        (_services, _terminal) = (services, terminal);
        Option[] options = [_config, _dataset, _images, _train, _validation, _test, _percent, _output, _resume, _json, _quiet];
        foreach (var option in options) command.Add(option);
        _settings = new SettingOptions<FineTuningOptions>(command, OptionTables.FineTuning);
        command.NameFolders(_output, _resume);
        command.SetAction(RunAsync);
    }

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var command = new TrainingCommand("finetune", Help);
        _ = new FineTuneCommand(services, terminal, command);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var silent = parsed.GetValue(_quiet);
        using var reporter = new ConsoleReporter(_terminal, silent);
        await _settings.NoteAsync(_terminal, parsed).ConfigureAwait(false);
        var asked = new RunOptions<FineTuningOptions>(OptionTables.FineTuning, _settings.Given(parsed));
        var (directory, goesOn) = FindFolder(parsed);
        // A catalogue's section is of pretraining or segmentation: the rate of a pretraining is not that of a fine-tuning.
        var (origin, options) = goesOn ? Continue(parsed, directory, asked) : (Begin(parsed), asked.Begin(section: []));
        if (goesOn && ResumeOption.Results(directory) is { } results && results["trials"] is JsonArray ended
            && ended.Count == options.Trials)
        {
            new FineTuningFolder(directory).DeleteStatesOf(ended.Count);
            return await ResumeOption.FinishedAsync(_terminal, directory, results, parsed.GetValue(_json)).ConfigureAwait(false);
        }

        var definition = await DefineAsync(origin, silent, cancellationToken).ConfigureAwait(false);
        var dataset = _services.GetRequiredService<ArkDatasets>().Create(definition with { Seed = options.Seed });
        var kept = CatalogueFile.KeepDecoded(origin.Catalogue, options);
        var result = await TuneAsync(dataset, kept, directory, goesOn, origin, reporter, cancellationToken).ConfigureAwait(false);
        reporter.Dispose();
        if (parsed.GetValue(_json) is { } path) await JsonOutput.WriteAsync(_terminal, path, result.ToJson()).ConfigureAwait(false);
        if (parsed.GetValue(_json) != "-") Write(_terminal, result, directory);
        return ExitCode.Done;
    }

    private (string Directory, bool GoesOn) FindFolder(ParseResult parsed)
    {
        var resume = parsed.GetValue(_resume);
        // 'False' is what the published script is given to begin anew.
        if (string.Equals(resume, "false", StringComparison.OrdinalIgnoreCase)) resume = null;
        return ResumeOption.Find(resume, parsed.GetValue(_output), _output.Name,
            () => ResumeOption.NewFolder("tuned", parsed.GetValue(_dataset) ?? ""), ResumeOption.HoldsRun);
    }

    private Origin Asked(ParseResult parsed) => new(
        parsed.GetValue(_dataset)!, parsed.GetValue(_config), parsed.GetValue(_images), parsed.GetValue(_train),
        parsed.GetValue(_validation), parsed.GetValue(_test), parsed.GetValue(_percent));

    private Origin Begin(ParseResult parsed)
    {
        if (parsed.GetValue(_dataset) is null) throw CommandLineError.Of(_dataset.Name, "is missing", "Name the dataset.");
        var ofLists = ((Option[])[_images, _train, _validation, _test]).FirstOrDefault(parsed.IsGiven);
        if (ofLists is not null && parsed.GetValue(_config) is not null)
            throw CommandLineError.Of(ofLists.Name, "has no effect beside --config", "Change the catalogue, or leave --config out.");
        if (parsed.GetValue(_percent) is { } share and (< 1 or > 100))
            throw CommandLineError.Of(parsed.Written(_percent), $"{share} is out of range", "Give a whole number from 1 to 100.");
        return Asked(parsed);
    }

    private (Origin Origin, FineTuningOptions Options) Continue(ParseResult parsed, string directory, RunOptions<FineTuningOptions> options)
    {
        var (origin, begun) = Recorded(directory);
        var (then, now) = (origin.Lasting(), Asked(parsed).Lasting());
        (Option Option, Func<Origin, object?> Of)[] values =
        [
            (_config, o => o.Catalogue), (_dataset, o => o.Dataset), (_images, o => o.Folder), (_train, o => o.Train),
            (_validation, o => o.Validation), (_test, o => o.Test), (_percent, o => o.Percent),
        ];
        foreach (var (option, of) in values.Where(v => parsed.IsGiven(v.Option)))
            ResumeOption.RequireSame(directory, parsed.Written(option), of(then), of(now));
        return (origin, options.Continue(directory, begun));
    }

    private static (Origin Origin, FineTuningOptions Options) Recorded(string directory)
    {
        var (origin, options, _) = new FineTuningFolder(directory).ReadConfig();
        var path = ResumeOption.ConfigPath(directory);
        try
        {
            var found = origin.Deserialize<Origin>(JsonSerializerOptions.Web);
            return found is { Dataset: not null } ? (found, options) : throw CatalogueFile.NotRecorded(path);
        }
        catch (JsonException e)
        {
            throw new ArkInputException(path, "key 'origin'", "does not say where the dataset is",
                "Restore the file that the run wrote.", e);
        }
    }

    private async Task<DatasetDefinition> DefineAsync(Origin origin, bool silent, CancellationToken cancellationToken)
    {
        var definition = origin.Catalogue is { } file
            ? (await CatalogueFile.LoadAsync(file, _terminal, silent, cancellationToken).ConfigureAwait(false)).Get(origin.Dataset)
            : PublishedDatasets.Define(origin.Dataset, origin.Folder, origin.Train, origin.Validation, origin.Test, origin.Percent);
        return origin.Percent is { } share ? definition with { AnnotationPercent = share } : definition;
    }

    private async Task<FineTuningResult> TuneAsync(
        ArkDataset dataset, FineTuningOptions options, string directory, bool goesOn, Origin origin, ConsoleReporter reporter,
        CancellationToken cancellationToken)
    {
        var found = JsonSerializer.SerializeToNode(origin.Lasting(), JsonSerializerOptions.Web);
        try
        {
            var tuner = _services.GetRequiredService<FineTuner>();
            var run = new FineTuningRun { Dataset = dataset, Options = options, Directory = directory, Resume = goesOn, Origin = found };
            return await tuner.FineTuneAsync(run, reporter, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ResumeOption.HoldsRun(directory))
        {
            reporter.Line($"Stopped. Go on with: ark finetune --resume {ShellPath.Quoted(directory)}");
            throw;
        }
    }

    private static Option<string?> Text(string name, string description, string value, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = value };

    private static void Write(Terminal terminal, FineTuningResult result, string directory)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("label", "test AUROC, mean", "std");
        foreach (var (name, mean, deviation) in result.Labels()) table.AddRow(Markup.Escape(name), Figure(mean), Figure(deviation));
        var console = ResultTable.Console(terminal);
        console.Write(table);
        foreach (var trial in result.Trials)
        {
            var loss = trial.ValidationLoss.ToString("F4", CultureInfo.InvariantCulture);
            console.WriteLine($"seed {trial.Seed}: best epoch {trial.BestEpoch} of {trial.Epochs}, validation loss {loss}, "
                + $"mean AUROC {Figure(trial.Test.MeanAuroc)}");
        }

        console.WriteLine($"{result.Dataset}: mean test AUROC {Figure(result.Mean)} ± {Figure(result.Deviation)} "
            + $"over {result.Trials.Count} trial(s); wrote {Path.Combine(directory, "results.json")}");
        if (result.SkippedImages.Count > 0)
            console.WriteLine($"left out: {result.SkippedImages.Count} unreadable image(s), first {result.SkippedImages[0]}");
    }

    private static string Figure(double? value) => value is { } number ? number.ToString("F3", CultureInfo.InvariantCulture) : "undefined";

    /// <summary>Where the dataset is: in a catalogue, or a published one with its folder and lists.</summary>
    private sealed record Origin(
        string Dataset, string? Catalogue, string? Folder, string? Train, string? Validation, string? Test, int? Percent)
    {
        /// <summary>As it can be found again from another folder.</summary>
        public Origin Lasting() => this with
        {
            Catalogue = Catalogue is null ? null : CatalogueFile.Lasting(Catalogue),
            Folder = Full(Folder),
            Train = Full(Train),
            Validation = Full(Validation),
            Test = Full(Test),
        };

        private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);
    }
}
