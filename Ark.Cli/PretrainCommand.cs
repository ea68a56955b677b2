using System.CommandLine;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark pretrain</c>: one student and one teacher over several datasets.</summary>
internal sealed class PretrainCommand
{
    private const string Help = """
        Accrue knowledge over several datasets: one student visits them in turn, each with its own head; a teacher follows it.
        With --recipe simmim: learn from images without labels, for a backbone to start from (--init).

        Examples:
          ark pretrain --config builtin:phantom
          ark pretrain --config samples/real-data/ark.yaml --out runs/real --epochs 14
          ark pretrain --config datasets_config.yaml --data_set CheXpert --data_set ChestXray14 --model swin_base --pretrain_epochs 200
          ark pretrain --init runs/real/checkpoints/last.pth.tar --config more.yaml      (accrue further datasets to a trained model)
          ark pretrain --recipe simmim --config unlabeled.yaml --out runs/start      (then --init runs/start/checkpoints/best.pth.tar)
          ark pretrain --resume runs/real
          ark pretrain --config samples/real-data/ark.yaml --out runs/real --resume auto      (begin, or go on: a requeued job)
        """;

    private readonly Option<string?> _config = CommonOptions.OptionalConfig();
    private readonly Option<string[]> _datasets = new("--datasets", "--data_set", "--data-set")
    {
        Description = "the datasets to visit, in this order (default: all)",
        HelpName = "A,B",
    };

    private readonly Option<string?> _output = CommonOptions.Folder("the run's folder (default: runs/ and the time)");
    private readonly Option<string?> _resume = ResumeOption.Create("the run");
    private readonly Option<string?> _experiment = new("--exp-name", "--exp_name")
    {
        Description = "published: names the run's folder, runs/NAME",
        HelpName = "NAME",
    };

    private readonly Option<string?> _json = CommonOptions.Json("the results");
    private readonly Option<bool> _quiet = CommonOptions.Quiet();
    private readonly SettingOptions<TrainingOptions> _settings;
    private readonly IServiceProvider _services;
    private readonly Terminal _terminal;

    private PretrainCommand(IServiceProvider services, Terminal terminal, TrainingCommand command)
    {
        (_services, _terminal) = (services, terminal);
        foreach (var option in (Option[])[_config, _datasets, _output, _experiment, _resume, _json, _quiet]) command.Add(option);
        _settings = new SettingOptions<TrainingOptions>(command, OptionTables.Training);
        command.NameFolders(_output, _resume);
        command.Map(nameof(TrainingRun.Datasets), _datasets.Name);
        command.SetAction(RunAsync);
    }

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var command = new TrainingCommand("pretrain", Help);
        _ = new PretrainCommand(services, terminal, command);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var silent = parsed.GetValue(_quiet);
        var options = new RunOptions<TrainingOptions>(OptionTables.Training, _settings.Given(parsed));
        var names = DatasetNames.Of(parsed.GetValue(_datasets), _datasets.Name);
        var (directory, goesOn) = FindFolder(parsed);
        var begun = goesOn ? RecordedRun<TrainingOptions>.Read(ResumeOption.ConfigPath(directory), OptionTables.Training,
            kind: null, "pretraining") : null;
        var config = parsed.GetValue(_config);
        var file = config is not null ? CatalogueFile.Lasting(config) : begun?.Catalogue ?? throw CommandLineError.NoCatalogue();
        if (begun is not null)
        {
            ResumeOption.RequireSame(directory, _config.Name, begun.Catalogue, file);
            if (names is not null)
                ResumeOption.RequireSame(directory, _datasets.Name, string.Join(',', begun.Datasets), string.Join(',', names));
            options.Continue(directory, begun.Options);
        }

        var catalogue = await CatalogueFile.LoadAsync(config ?? file, _terminal, silent, cancellationToken).ConfigureAwait(false);
        if (begun is not null && config is not null) options.RequireSameSection(begun, directory, catalogue);
        if (begun is not null && ResumeOption.Results(directory) is { } results)
            return await ResumeOption.FinishedAsync(_terminal, directory, results, parsed.GetValue(_json)).ConfigureAwait(false);
        var chosen = begun is null ? options.Begin(OptionTables.Training.Section(catalogue)) : options.Continue(directory, begun.Options);
        var adapters = _services.GetRequiredService<ArkDatasets>();
        var run = new TrainingRun
        {
            Options = CatalogueFile.KeepDecoded(file, chosen),
            // Soft labels of uncertain findings are drawn from the run's seed.
            Datasets = [.. catalogue.Select(begun?.Datasets ?? names).Select(d => adapters.Create(d with { Seed = chosen.Seed }))],
            Directory = directory,
            Resume = goesOn,
            Catalogue = file,
            CatalogueOptions = [.. catalogue.Training.Select(o => KeyValuePair.Create(o.Key, o.Value))],
        };
        await _settings.NoteAsync(_terminal, parsed).ConfigureAwait(false);
        var result = await TrainAsync(run, silent, cancellationToken).ConfigureAwait(false);
        var document = Document(result);
        ResumeOption.WriteResults(directory, document);
        if (parsed.GetValue(_json) != "-") ResultTable.Write(_terminal, run, result);
        if (parsed.GetValue(_json) is { } path) await JsonOutput.WriteAsync(_terminal, path, document).ConfigureAwait(false);
        return ExitCode.Done;
    }

    private (string Directory, bool GoesOn) FindFolder(ParseResult parsed)
    {
        var (output, experiment) = (parsed.GetValue(_output), parsed.GetValue(_experiment));
        if (output is not null && experiment is not null)
            throw CommandLineError.Of(_experiment.Name, "has no effect beside --out", "Give one of both.");
        return ResumeOption.Find(parsed.GetValue(_resume), output ?? (experiment is null ? null : Path.Combine("runs", experiment)),
            output is null ? _experiment.Name : _output.Name, () => ResumeOption.NewFolder("runs", "pretrain"), ResumeOption.HoldsRun);
    }

    private async Task<TrainingResult> TrainAsync(TrainingRun run, bool silent, CancellationToken cancellationToken)
    {
        using var reporter = new ConsoleReporter(_terminal, silent);
        try
        {
            return await _services.GetRequiredService<IArkTrainer>().TrainAsync(run, reporter, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ResumeOption.HoldsRun(run.Directory!))
        {
            reporter.Line($"Stopped. Go on with: ark pretrain --resume {ShellPath.Quoted(run.Directory!)}");
            throw;
        }
    }

    private static JsonObject Document(TrainingResult result) => new()
    {
        ["directory"] = result.Directory,
        ["seconds"] = Math.Round(result.Duration.TotalSeconds, 1),
        ["validation_loss"] = JsonScalar.Number(result.ValidationLoss),
        ["best_epoch"] = result.BestEpoch,
        ["evaluations"] = new JsonArray([.. result.Evaluations.Select(e => e.ToJson())]),
        ["pixel_baselines"] = new JsonArray([.. result.PixelBaselines.Select(e => e.ToJson())]),
        ["memory"] = new JsonArray([.. result.Memory.Select(m =>
            new JsonObject { ["epoch"] = m.Epoch, ["resident_bytes"] = m.ResidentBytes, ["peak_bytes"] = m.PeakBytes })]),
        ["passed_over"] = result.PassedOver,
        ["skipped_images"] = new JsonArray([.. result.SkippedImages.Select(s => (JsonNode)s)]),
    };
}
