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
          ark pretrain --config samples/real-data/ark.yaml --out runs/real --resume auto      (begin, or go on: the line of a job that may be requeued)
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var config = new Option<string?>("--config") { Description = "the catalogue of datasets (YAML), or builtin:phantom", HelpName = "FILE" };
        var datasets = new Option<string[]>("--datasets", "--data_set", "--data-set") { Description = "the datasets to visit, in this order (default: all)", HelpName = "A,B" };
        var output = new Option<string?>("--out") { Description = "the run's folder (default: runs/ and the time)", HelpName = "DIR" };
        var resume = ResumeOption.Create("the run");
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
            var given = settings.Given(parsed).ToList();
            var names = DatasetNames.Of(parsed.GetValue(datasets), "--datasets");
            var (directory, goesOn) = ResumeOption.Find(parsed.GetValue(resume), parsed.GetValue(output) ?? (parsed.GetValue(experiment) is { } name ? Path.Combine("runs", name) : null),
                parsed.GetValue(output) is null ? experiment.Name : output.Name, NewFolder, ResumeOption.HoldsRun);
            var begun = goesOn ? Begun.Read(directory) : null;
            var file = parsed.GetValue(config) is { } catalogueFile ? CatalogueFile.Lasting(catalogueFile)
                : begun?.Catalogue ?? throw new ArkInputException("command line", "option '--config'", "is missing", "Give --config FILE, --config builtin:phantom, or --resume DIR.");
            if (begun is not null)
            {
                ResumeOption.RequireSame(directory, config.Name, begun.Catalogue, file);
                if (names is not null) ResumeOption.RequireSame(directory, datasets.Name, string.Join(',', begun.Datasets), string.Join(',', names));
                Continued(begun, directory, given);
            }

            var catalogue = await CatalogueFile.LoadAsync(parsed.GetValue(config) ?? file, terminal, silent, cancellationToken).ConfigureAwait(false);
            if (begun is not null && parsed.GetValue(config) is not null) RequireSameSection(begun, directory, catalogue, given);
            if (begun is not null && ResumeOption.Results(directory) is { } results) return await ResumeOption.FinishedAsync(terminal, directory, results, parsed.GetValue(json)).ConfigureAwait(false);
            var options = begun is null ? Options(catalogue, given) : Continued(begun, directory, given);
            var adapters = services.GetRequiredService<ArkDatasets>();
            var run = new TrainingRun
            {
                Options = options,
                // Soft labels of uncertain findings are drawn from the run's seed.
                Datasets = [.. catalogue.Select(begun?.Datasets ?? names).Select(d => adapters.Create(d with { Seed = options.Seed }))],
                Directory = directory,
                Resume = goesOn,
                Catalogue = file,
                CatalogueOptions = [.. catalogue.Training.Select(o => KeyValuePair.Create(o.Key, o.Value))],
            };
            foreach (var (setting, _, written) in given)
            {
                if (TrainingSettings.Find(setting)!.Note is { } note) await terminal.Error.WriteLineAsync($"note: {written} {note}").ConfigureAwait(false);
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

            var document = Document(result);
            ResumeOption.WriteResults(directory, document);
            if (parsed.GetValue(json) != "-") ResultTable.Write(terminal, run, result);
            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, document).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static TrainingOptions Options(DatasetCatalogue catalogue, IEnumerable<(string Name, string Value, string Written)> given)
    {
        var builder = new TrainingOptionsBuilder();
        foreach (var (key, value, line) in catalogue.Training) builder.Add(key, value, catalogue.Source, $"line {line}, key '{key}'");
        foreach (var (name, value, written) in given) builder.Add(name, value, "command line", $"option '{written}'");
        return Lasting(builder.Build());
    }

    // The run may be gone on with from another folder.
    private static TrainingOptions Lasting(TrainingOptions options)
    {
        if (options.InitialWeights is { } weights) options.InitialWeights = Path.GetFullPath(weights);
        if (options.CacheDirectory is { } cache) options.CacheDirectory = Path.GetFullPath(cache);
        return options;
    }

    // What a run began with, and of the command line what may be otherwise: where and how it is computed, not what.
    private static TrainingOptions Continued(Begun begun, string directory, List<(string Name, string Value, string Written)> given)
    {
        var builder = new TrainingOptionsBuilder();
        foreach (var (name, value, written) in given) builder.Add(name, value, "command line", $"option '{written}'");
        var asked = Lasting(builder.ApplyTo(begun.Options.Clone()));
        // Beside --pretrain-epochs, --epochs is the length of the schedule.
        string Written(string setting) => given.Where(g => TrainingSettings.Find(g.Name)!.Property == TrainingSettings.Find(setting)!.Property).Select(g => g.Written).LastOrDefault() ?? "--epochs";
        ResumeOption.RequireSame(directory, begun.Options, asked, Fixed, name => ("command line", $"option '{Written(name)}'"));
        asked.Validate();
        return asked;
    }

    // The catalogue's own options are a part of the line that names it. What the line overrode when the run began is overridden still.
    private static void RequireSameSection(Begun begun, string directory, DatasetCatalogue catalogue, List<(string Name, string Value, string Written)> given)
    {
        if (begun.CatalogueOptions is not { } recorded) return;
        foreach (var (key, value, line) in catalogue.Training)
        {
            if ((string?)recorded[key] == value || given.Any(g => TrainingSettings.Find(g.Name)!.Property == TrainingSettings.Find(key)?.Property)) continue;
            var place = $"line {line}, key '{key}'";
            var asked = Lasting(new TrainingOptionsBuilder().Add(key, value, catalogue.Source, place).ApplyTo(begun.Options.Clone()));
            ResumeOption.RequireSame(directory, begun.Options, asked, Fixed, _ => (catalogue.Source, place));
        }

        // What the section says no more: a run that began with the file as it is now would have another value there.
        var anew = Options(catalogue, given);
        foreach (var (key, value) in recorded)
        {
            if (TrainingSettings.Find(key) is not { } setting || catalogue.Training.Any(o => TrainingSettings.Find(o.Key)?.Property == setting.Property)) continue;
            var then = Lasting(new TrainingOptionsBuilder().Add(key, (string)value!, catalogue.Source, $"key '{key}'").ApplyTo(begun.Options.Clone()));
            if (setting.Format(then) != setting.Format(begun.Options)) continue;
            foreach (var (_, of) in Fixed.Where(f => f.Name == setting.Name)) ResumeOption.RequireKey(directory, catalogue.Source, key, of(begun.Options), of(anew));
        }
    }

    private static IEnumerable<(string Name, Func<TrainingOptions, object?> Of)> Fixed =>
        TrainingSettings.All.Where(s => s.Property == nameof(TrainingOptions.InitialWeights) || !TrainingCheckpoint.MayDiffer.Contains(s.Property)).Select(s => (s.Name, (Func<TrainingOptions, object?>)s.Format));

    private static string NewFolder() => Path.Combine("runs", "pretrain-" + DateTimeOffset.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture));

    private static JsonObject Document(TrainingResult result) => new()
    {
        ["directory"] = result.Directory,
        ["seconds"] = Math.Round(result.Duration.TotalSeconds, 1),
        ["evaluations"] = new JsonArray([.. result.Evaluations.Select(e => e.ToJson())]),
        ["pixel_baselines"] = new JsonArray([.. result.PixelBaselines.Select(e => e.ToJson())]),
        ["memory"] = new JsonArray([.. result.Memory.Select(m => new JsonObject { ["epoch"] = m.Epoch, ["resident_bytes"] = m.ResidentBytes, ["peak_bytes"] = m.PeakBytes })]),
        ["passed_over"] = result.PassedOver,
        ["skipped_images"] = new JsonArray([.. result.SkippedImages.Select(s => (JsonNode)s)]),
    };

    /// <summary>What a run began with.</summary>
    private sealed record Begun(string? Catalogue, string[] Datasets, TrainingOptions Options, JsonObject? CatalogueOptions)
    {
        public static Begun Read(string directory)
        {
            var path = Path.Combine(directory, "config.json");
            try
            {
                var saved = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
                // Other commands' runs say which kind they are of.
                if (saved["kind"] is not null) throw new JsonException("of another kind");
                var builder = new TrainingOptionsBuilder();
                foreach (var (name, value) in saved["options"]!.AsObject().Where(o => o.Value is not null)) builder.Add(name, (string)value!, path, $"key '{name}'");
                return new Begun((string?)saved["catalogue"] ?? throw CatalogueFile.NotRecorded(path), [.. saved["datasets"]!.AsArray().Select(d => (string)d!["name"]!)], builder.Build(),
                    saved["catalogue_options"]?.AsObject());
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
            {
                throw new ArkInputException(path, null, "is not the configuration of a pretraining", "Give the folder of a run that 'ark pretrain' began, or restore the file that the run wrote.", e);
            }
        }
    }
}
