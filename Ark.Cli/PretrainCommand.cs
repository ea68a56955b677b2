using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark pretrain</c>: one student and one teacher over several datasets.</summary>
internal static class PretrainCommand
{
    private const string Help = """
        Accrue knowledge over several datasets: one student visits them in turn, each with its own head; a teacher follows it.

        Examples:
          ark pretrain --config builtin:phantom
          ark pretrain --config samples/real-data/ark.yaml --out runs/real --epochs 14
          ark pretrain --config datasets_config.yaml --data_set CheXpert --data_set ChestXray14 --model swin_base --opt sgd --lr 0.3 --warmup-epochs 20 --pretrain_epochs 200
          ark pretrain --init runs/real/checkpoints/last.pth.tar --config more.yaml      (accrue further datasets to a trained model)
          ark pretrain --resume runs/real
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var config = new Option<string?>("--config") { Description = "the catalogue of datasets (YAML), or builtin:phantom", HelpName = "FILE" };
        var datasets = new Option<string[]>("--datasets", "--data_set", "--data-set") { Description = "the datasets to visit, in this order (default: all)", HelpName = "A,B" };
        var output = new Option<string?>("--out") { Description = "the run's folder (default: runs/ and the time)", HelpName = "DIR" };
        var resume = new Option<string?>("--resume") { Description = "go on with the run in this folder", HelpName = "DIR" };
        var experiment = new Option<string?>("--exp-name", "--exp_name") { Description = "published: names the run's folder, runs/NAME", HelpName = "NAME" };
        var json = new Option<string?>("--json") { Description = "write the results as JSON; - for standard output", HelpName = "OUT" };
        var quiet = new Option<bool>("--quiet") { Description = "no progress" };
        var command = new Command("pretrain", Help) { config, datasets, output, experiment, resume, json, quiet };
        var settings = new SettingOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var silent = parsed.GetValue(quiet);
            if (parsed.GetValue(output) is not null && parsed.GetValue(experiment) is not null)
                throw new ArkInputException("command line", "option '--exp-name'", "has no effect beside --out", "Give one of both.");
            var request = parsed.GetValue(resume) is { } directory
                ? Resumed(directory, settings.Given(parsed).Any() || ((Option[])[config, datasets, output, experiment]).Any(o => parsed.GetResult(o) is { Implicit: false }))
                : new Request(parsed.GetValue(config) ?? throw new ArkInputException("command line", "option '--config'", "is missing", "Give --config FILE, --config builtin:phantom, or --resume DIR."),
                    DatasetNames.Of(parsed.GetValue(datasets), "--datasets"), parsed.GetValue(output) ?? NewFolder(parsed.GetValue(experiment)), Resume: false);
            var catalogue = await CatalogueFile.LoadAsync(request.Config, terminal, silent, cancellationToken).ConfigureAwait(false);
            var options = request.Options ?? Options(catalogue, settings.Given(parsed));
            var adapters = services.GetRequiredService<ArkDatasets>();
            var run = new TrainingRun
            {
                Options = options,
                // Soft labels of uncertain findings are drawn from the run's seed.
                Datasets = [.. catalogue.Select(request.Datasets).Select(d => adapters.Create(d with { Seed = options.Seed }))],
                Directory = request.Directory,
                Resume = request.Resume,
                Catalogue = CatalogueFile.Lasting(request.Config),
            };
            foreach (var (name, _, written) in settings.Given(parsed))
            {
                if (TrainingSettings.Find(name)!.Note is { } note) await terminal.Error.WriteLineAsync($"note: {written} {note}").ConfigureAwait(false);
            }

            TrainingResult result;
            using (var reporter = new ConsoleReporter(terminal, silent))
            {
                try
                {
                    result = await services.GetRequiredService<IArkTrainer>().TrainAsync(run, reporter, cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (File.Exists(Path.Combine(run.Directory, "config.json")))
                {
                    reporter.Line($"Stopped. Go on with: ark pretrain --resume {ShellPath.Quoted(run.Directory)}");
                    throw;
                }
            }

            if (parsed.GetValue(json) != "-") ResultTable.Write(terminal, run, result);
            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, Document(result)).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static TrainingOptions Options(DatasetCatalogue catalogue, IEnumerable<(string Name, string Value, string Written)> given)
    {
        var builder = new TrainingOptionsBuilder();
        foreach (var (key, value, line) in catalogue.Training) builder.Add(key, value, catalogue.Source, $"line {line}, key '{key}'");
        foreach (var (name, value, written) in given) builder.Add(name, value, "command line", $"option '{written}'");
        var options = builder.Build();
        // The run may be gone on with from another folder.
        if (options.InitialWeights is { } weights) options.InitialWeights = Path.GetFullPath(weights);
        if (options.CacheDirectory is { } cache) options.CacheDirectory = Path.GetFullPath(cache);
        return options;
    }

    private static Request Resumed(string directory, bool othersGiven)
    {
        if (othersGiven) throw new ArkInputException("command line", "option '--resume'", "a run goes on with the options it began with", "Leave the other options out.");
        var path = Path.Combine(directory, "config.json");
        if (!File.Exists(path)) throw new ArkInputException(directory, null, "holds no run to resume: it has no config.json", "Give the folder that the run wrote to (--out).");
        try
        {
            var saved = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
            var builder = new TrainingOptionsBuilder();
            foreach (var (name, value) in saved["options"]!.AsObject().Where(o => o.Value is not null)) builder.Add(name, (string)value!, path, $"key '{name}'");
            return new Request((string?)saved["catalogue"] ?? throw CatalogueFile.NotRecorded(path), [.. saved["datasets"]!.AsArray().Select(d => (string)d!["name"]!)], directory, Resume: true, builder.Build());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new ArkInputException(path, null, "is not the configuration of a run", "Restore the file that the run wrote.", e);
        }
    }

    private static string NewFolder(string? name) => Path.Combine("runs", name ?? "pretrain-" + DateTimeOffset.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture));

    private static JsonObject Document(TrainingResult result) => new()
    {
        ["directory"] = result.Directory,
        ["seconds"] = Math.Round(result.Duration.TotalSeconds, 1),
        ["evaluations"] = new JsonArray([.. result.Evaluations.Select(e => e.ToJson())]),
        ["pixel_baselines"] = new JsonArray([.. result.PixelBaselines.Select(e => e.ToJson())]),
        ["memory"] = new JsonArray([.. result.Memory.Select(m => new JsonObject { ["epoch"] = m.Epoch, ["resident_bytes"] = m.ResidentBytes, ["peak_bytes"] = m.PeakBytes })]),
        ["skipped_images"] = new JsonArray([.. result.SkippedImages.Select(s => (JsonNode)s)]),
    };

    private sealed record Request(string Config, string[]? Datasets, string Directory, bool Resume, TrainingOptions? Options = null);
}
