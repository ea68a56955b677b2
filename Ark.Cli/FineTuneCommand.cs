using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Ark.Cli;

/// <summary><c>ark finetune</c>: a backbone on a dataset of one's own.</summary>
internal static class FineTuneCommand
{
    private const string Help = """
        Fine-tune a backbone on one dataset: several trials with different seeds, early stopping on the validation loss, the best epoch tested on ten crops,
        mean and deviation. The flags of the published benchmark (BenchmarkTransformers) are accepted. Results go to results.json and results.csv after every
        trial, and its weights to trial-N.safetensors, which every other command reads. --resume goes on with the trials that are left.

        Examples:
          ark finetune --config samples/real-data/ark.yaml --dataset pneumoniamnist --init runs/real/checkpoints/last.pth.tar --trials 3 --epochs 20 --lr 0.003 --out tuned
          ark finetune --config ark.yaml --dataset hannover --init random --model swin_mini --freeze --opt adamw --lr 0.001
          ark finetune --data_set ChestXray14 --data_dir images --train_list train.txt --val_list val.txt --test_list test.txt --model swin_base --init ark6 --pretrained_weights ark6.pth.tar --opt sgd --lr 0.01 --trial 5
          ark finetune --resume tuned
          ark finetune --config ark.yaml --dataset hannover --init last.pth.tar --out tuned --resume auto      (begin, or go on: the line of a job that may be requeued)
        """;

    // Flags of the published script that have no effect here.
    private static readonly string[] Unused =
        ["GPU", "num_class", "img_depth", "exp_name", "opt-eps", "opt-betas", "sched", "lr-noise", "lr-noise-pct", "lr-noise-std", "decay-epochs", "cooldown-epochs", "decay-rate", "start_index", "clean", "print_freq", "activate", "uncertain_label", "unknown_label"];

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var defaults = new FineTuningOptions();
        var config = Text("--config", "the catalogue of datasets (YAML), or builtin:phantom", "FILE");
        var dataset = Text("--dataset", "the dataset of the catalogue, or a published one with its lists", "NAME", "--data_set", "--data-set");
        var folder = Text("--data-dir", "without a catalogue: the folder of images", "DIR", "--data_dir");
        var train = Text("--train-list", "without a catalogue: the training list", "FILE", "--train_list");
        var validation = Text("--val-list", "without a catalogue: the validation list", "FILE", "--val_list");
        var test = Text("--test-list", "without a catalogue: the test list", "FILE", "--test_list");
        var percent = new Option<int?>("--anno-percent", "--anno_percent") { Description = "how much of the training split is used, in percent", HelpName = "N" };
        var init = Text("--init", "what to start from: a weight file, 'random', or a name with --pretrained-weights", "FILE|random");
        var weights = Text("--pretrained-weights", "the weight file, where --init gives it a name", "FILE", "--pretrained_weights");
        var key = Text("--key", "where in the weight file the state dict is (default: the teacher, where there is one)", "KEY");
        var arch = Text("--model", "the backbone (default: that of the weight file)", "NAME", "--arch");
        var size = new Option<int?>("--img-size", "--img_size", "--input-size", "--input_size") { Description = "side of the input in pixels", HelpName = "N" };
        var normalization = Text("--normalization", "normalisation of pixels", "imagenet|chestx-ray");
        var freeze = new Option<bool>("--freeze") { Description = "only the new head learns" };
        var layerDecay = Real("--layer-decay", "a layer's rate as a share of that of the layer above", defaults.LayerDecay);
        var mixUp = Real("--mixup", "parameter of mix-up; 0 for none", defaults.MixUp);
        var dropPath = Real("--drop-path", "highest probability of stochastic depth", defaults.DropPathRate, "--drop_path");
        var crop = Real("--smallest-crop", "smallest random crop as a share of the area", defaults.SmallestCrop);
        var epochs = Whole("--epochs", "passes at most", defaults.Epochs);
        var batch = Whole("--batch-size", "images of a step", defaults.BatchSize, "--batch_size");
        var optimizer = Text("--opt", "optimiser: sgd is Nesterov, momentum is plain (default: momentum)", "sgd|momentum|adamw");
        var rate = Real("--lr", "learning rate at the top of its schedule", defaults.LearningRate);
        var momentum = Real("--momentum", "momentum of SGD", defaults.Momentum);
        var decay = Real("--weight-decay", "weight decay on matrices", defaults.WeightDecay, "--weight_decay");
        var warmup = new Option<int?>("--warmup-epochs", "--warmup_epochs") { Description = "epochs of linear warm-up (default: 20, or a tenth of the epochs where that is less)", HelpName = "N" };
        var warmupRate = Real("--warmup-lr", "learning rate that warm-up begins with", defaults.WarmupLearningRate, "--warmup_lr");
        var leastRate = Real("--min-lr", "learning rate at the end", defaults.MinimumLearningRate, "--min_lr");
        var clip = new Option<double?>("--clip-grad", "--clip_grad") { Description = "largest gradient norm", HelpName = "X", CustomParser = r => Numbers.Real(r) };
        var patience = Whole("--patience", "epochs without a lower validation loss after which a trial ends; 0 for none", defaults.Patience);
        var early = Text("--early-stop", "whether trials end early", "true|false", "--early_stop");
        var trials = Whole("--trials", "trials with different seeds", defaults.Trials, "--trial");
        var augment = Text("--test-augment", "whether ten crops are tested rather than one", "true|false", "--test_augment");
        var seed = new Option<ulong>("--seed") { Description = "the first trial's seed", HelpName = "N" };
        var workers = Whole("--workers", "threads that prepare images", defaults.Workers);
        var badImages = Text("--bad-images", "stop at an unreadable image, or skip and report it", "stop|skip");
        var device = Text("--device", "where to compute (default: cpu)", "cpu|cuda[:i]");
        var output = Text("--out", "the folder of results (default: tuned/ and the time)", "DIR");
        var resume = ResumeOption.Create("the trials that are left");
        var mode = Text("--mode", "only 'train' is known; 'ark evaluate' tests", "train");
        var json = Text("--json", "write the results as JSON; - for standard output", "OUT");
        var quiet = new Option<bool>("--quiet") { Description = "no progress" };
        mode.AcceptOnlyFromAmong("train");
        badImages.AcceptOnlyFromAmong("stop", "skip");
        optimizer.AcceptOnlyFromAmong("sgd", "momentum", "adamw");
        var command = new Command("finetune", Help)
        {
            config, dataset, folder, train, validation, test, percent, init, weights, key, arch, size, normalization, freeze, layerDecay, mixUp, dropPath, crop, epochs, batch, optimizer, rate, momentum, decay,
            warmup, warmupRate, leastRate, clip, patience, early, trials, augment, seed, workers, badImages, device, output, resume, mode, json, quiet,
        };
        var unused = Unused.Select(name => new Option<string[]>("--" + name) { Hidden = true, Arity = ArgumentArity.ZeroOrMore }).ToArray();
        foreach (var option in unused) command.Add(option);
        // What each option says of a run; the others say where and how it is computed, or what is shown.
        (Option Option, Func<Wish, object?> Of)[] recorded =
        [
            (config, w => w.Origin.Catalogue), (dataset, w => w.Origin.Dataset), (folder, w => w.Origin.Folder), (train, w => w.Origin.Train), (validation, w => w.Origin.Validation), (test, w => w.Origin.Test),
            (percent, w => w.Origin.Percent), (init, w => w.Options.InitialWeights), (weights, w => w.Options.InitialWeights), (key, w => w.Options.NestedKey), (arch, w => w.Options.Architecture), (size, w => w.Options.ImageSize),
            (normalization, w => w.Options.Normalization), (freeze, w => w.Options.FreezeEncoder), (layerDecay, w => w.Options.LayerDecay), (mixUp, w => w.Options.MixUp), (dropPath, w => w.Options.DropPathRate),
            (crop, w => w.Options.SmallestCrop), (epochs, w => w.Options.Epochs), (batch, w => w.Options.BatchSize), (optimizer, w => w.Options.Optimizer), (rate, w => w.Options.LearningRate),
            (momentum, w => w.Options.Momentum), (decay, w => w.Options.WeightDecay), (warmup, w => w.Options.WarmupEpochs), (warmupRate, w => w.Options.WarmupLearningRate),
            (leastRate, w => w.Options.MinimumLearningRate), (clip, w => w.Options.ClipGradient), (patience, w => w.Options.Patience), (early, w => w.Options.Patience > 0), (trials, w => w.Options.Trials),
            (augment, w => w.Options.TestTimeCrops), (seed, w => w.Options.Seed),
        ];
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var silent = parsed.GetValue(quiet);
            using var reporter = new ConsoleReporter(terminal, silent);
            foreach (var option in unused.Where(o => parsed.GetResult(o) is { Implicit: false })) reporter.Line($"note: {option.Name} has no effect here");
            FineTuningOptions Options() => new FineTuningOptions
            {
                InitialWeights = Initial(parsed.GetValue(init), parsed.GetValue(weights)),
                NestedKey = parsed.GetValue(key),
                Architecture = parsed.GetValue(arch),
                ImageSize = parsed.GetValue(size),
                Normalization = parsed.GetValue(normalization) ?? defaults.Normalization,
                FreezeEncoder = parsed.GetValue(freeze),
                LayerDecay = parsed.GetValue(layerDecay),
                MixUp = parsed.GetValue(mixUp),
                DropPathRate = parsed.GetValue(dropPath),
                SmallestCrop = parsed.GetValue(crop),
                Epochs = parsed.GetValue(epochs),
                BatchSize = parsed.GetValue(batch),
                Optimizer = parsed.GetValue(optimizer) switch { "sgd" => OptimizerKind.Sgd, "adamw" => OptimizerKind.AdamW, _ => OptimizerKind.Momentum },
                LearningRate = parsed.GetValue(rate),
                Momentum = parsed.GetValue(momentum),
                WeightDecay = parsed.GetValue(decay),
                WarmupEpochs = parsed.GetValue(warmup),
                WarmupLearningRate = parsed.GetValue(warmupRate),
                MinimumLearningRate = Math.Min(parsed.GetValue(leastRate), parsed.GetResult(leastRate) is { Implicit: false } ? double.MaxValue : parsed.GetValue(rate)),
                ClipGradient = parsed.GetValue(clip),
                Patience = Truth(parsed.GetValue(early), "--early-stop") ? parsed.GetValue(patience) : 0,
                Trials = parsed.GetValue(trials),
                Seed = parsed.GetValue(seed),
                TestTimeCrops = Truth(parsed.GetValue(augment), "--test-augment") ? 10 : 1,
                Workers = parsed.GetValue(workers),
                BadImages = parsed.GetValue(badImages) == "skip" ? BadImagePolicy.Skip : BadImagePolicy.Stop,
                Device = parsed.GetValue(device) ?? defaults.Device,
            };
            Origin Asked() => new(parsed.GetValue(dataset)!, parsed.GetValue(config), parsed.GetValue(folder), parsed.GetValue(train), parsed.GetValue(validation), parsed.GetValue(test), parsed.GetValue(percent));
            Origin Begun()
            {
                if (parsed.GetValue(dataset) is null) throw new ArkInputException("command line", "option '--dataset'", "is missing", "Name the dataset.");
                if (parsed.GetValue(config) is not null && ((Option[])[folder, train, validation, test]).FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } overridden)
                    throw new ArkInputException("command line", $"option '{overridden.Name}'", "has no effect beside --config", "Change the catalogue, or leave --config out.");
                if (parsed.GetValue(percent) is { } share and (< 1 or > 100))
                    throw new ArkInputException("command line", $"option '{parsed.GetResult(percent)!.IdentifierToken?.Value ?? percent.Name}'", $"{share} is out of range", "Give a whole number from 1 to 100.");
                return Asked();
            }

            var (directory, goesOn) = ResumeOption.Find(BegunFolder(parsed.GetValue(resume)), parsed.GetValue(output), output.Name,
                () => Path.Combine("tuned", parsed.GetValue(dataset) + "-" + DateTimeOffset.UtcNow.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)), ResumeOption.HoldsRun);
            var (origin, options) = goesOn ? Resumed(directory) : (Begun(), Options());
            if (goesOn)
            {
                bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };
                var asked = Options();
                ResumeOption.RequireSame(directory, new Wish(origin.Lasting(), FineTuningFolder.Lasting(options)), new Wish(Asked().Lasting(), FineTuningFolder.Lasting(asked)),
                    recorded.Where(r => IsGiven(r.Option)).Select(r => (r.Option.Name, r.Of)), name => ("command line", $"option '{parsed.GetResult(command.Options.First(o => o.Name == name)) switch { OptionResult { IdentifierToken: { } token } => token.Value, _ => name }}'"));
                // Where and how it is computed, not what.
                options.Workers = IsGiven(workers) ? asked.Workers : options.Workers;
                options.BadImages = IsGiven(badImages) ? asked.BadImages : options.BadImages;
                options.Device = IsGiven(device) ? asked.Device : options.Device;
                options.Validate();
                if (ResumeOption.Results(directory) is { } results && results["trials"] is JsonArray ended && ended.Count == options.Trials)
                    return await ResumeOption.FinishedAsync(terminal, directory, results, parsed.GetValue(json)).ConfigureAwait(false);
            }

            var definition = await DefineAsync(origin, terminal, silent, cancellationToken).ConfigureAwait(false);
            var chosen = services.GetRequiredService<ArkDatasets>().Create(definition with { Seed = options.Seed });
            FineTuningResult result;
            try
            {
                result = await services.GetRequiredService<FineTuner>()
                    .RunAsync(chosen, options, new FineTuningFolder(directory), goesOn, JsonSerializer.SerializeToNode(origin.Lasting(), JsonSerializerOptions.Web), reporter, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (File.Exists(Path.Combine(directory, "config.json")))
            {
                reporter.Line($"Stopped. Go on with: {FineTuningFolder.ResumeCommand} {ShellPath.Quoted(directory)}");
                throw;
            }

            reporter.Dispose();
            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, result.ToJson()).ConfigureAwait(false);
            if (parsed.GetValue(json) != "-") Write(terminal, result, directory);
            return ExitCode.Done;
        });
        return command;
    }

    // 'False' is what the published script is given to begin anew.
    private static string? BegunFolder(string? resume) => string.Equals(resume, "false", StringComparison.OrdinalIgnoreCase) ? null : resume;

    private static (Origin Origin, FineTuningOptions Options) Resumed(string directory)
    {
        var (origin, options, _) = new FineTuningFolder(directory).ReadConfig();
        var path = Path.Combine(directory, "config.json");
        try
        {
            return origin.Deserialize<Origin>(JsonSerializerOptions.Web) is { Dataset: not null } found ? (found, options) : throw CatalogueFile.NotRecorded(path);
        }
        catch (JsonException e)
        {
            throw new ArkInputException(path, "key 'origin'", "does not say where the dataset is", "Restore the file that the run wrote.", e);
        }
    }

    private static async Task<DatasetDefinition> DefineAsync(Origin origin, Terminal terminal, bool silent, CancellationToken cancellationToken)
    {
        var definition = origin.Catalogue is { } file
            ? (await CatalogueFile.LoadAsync(file, terminal, silent, cancellationToken).ConfigureAwait(false)).Get(origin.Dataset)
            : PublishedDatasets.Define(origin.Dataset, origin.Folder, origin.Train, origin.Validation, origin.Test, origin.Percent);
        return origin.Percent is { } share ? definition with { AnnotationPercent = share } : definition;
    }

    private static string? Initial(string? init, string? weights)
    {
        var isRandom = string.Equals(init, "random", StringComparison.OrdinalIgnoreCase);
        // Of the published flags one names the weights and the other their file; a mere name may happen to be a file's too. Two files, or none and one, are two wishes.
        var isFile = init is not null && (Path.HasExtension(init) || Path.GetFileName(init) != init) && File.Exists(init);
        if (weights is not null && (isRandom || (isFile && Path.GetFullPath(init!) != Path.GetFullPath(weights))))
            throw new ArkInputException("command line", "option '--init'", $"'{init}' contradicts --pretrained-weights {weights}", "Leave one of the two out.");
        if (weights is not null || init is null || isRandom) return weights;
        if (File.Exists(init)) return init;
        throw new ArkInputException("command line", "option '--init'", $"'{init}' is no file and needs one", "Name the weight file (--pretrained-weights FILE), or give --init FILE or --init random.");
    }

    private static bool Truth(string? text, string option) => text?.ToUpperInvariant() switch
    {
        null or "TRUE" or "1" => true,
        "FALSE" or "0" => false,
        _ => throw new ArkInputException("command line", $"option '{option}'", $"'{text}' is neither true nor false"),
    };

    private static Option<string?> Text(string name, string description, string value, params string[] aliases) => new(name, aliases) { Description = description, HelpName = value };

    private static Option<int> Whole(string name, string description, int value, params string[] aliases) => new(name, aliases) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };

    private static Option<double> Real(string name, string description, double value, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = "X", DefaultValueFactory = _ => value, CustomParser = Numbers.Real };

    private static void Write(Terminal terminal, FineTuningResult result, string directory)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("label", "test AUROC, mean", "std");
        foreach (var (name, mean, deviation) in result.Labels()) table.AddRow(Markup.Escape(name), Figure(mean), Figure(deviation));
        var console = ResultTable.Console(terminal);
        console.Write(table);
        foreach (var trial in result.Trials)
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {trial.Seed}: best epoch {trial.BestEpoch} of {trial.Epochs}, validation loss {trial.ValidationLoss:F4}, mean AUROC {Figure(trial.Test.MeanAuroc)}"));
        console.WriteLine($"{result.Dataset}: mean test AUROC {Figure(result.Mean)} ± {Figure(result.Deviation)} over {result.Trials.Count} trial(s); wrote {Path.Combine(directory, "results.json")}");
        if (result.SkippedImages.Count > 0) console.WriteLine($"left out: {result.SkippedImages.Count} unreadable image(s), first {result.SkippedImages[0]}");
    }

    private static string Figure(double? value) => value is { } number ? number.ToString("F3", CultureInfo.InvariantCulture) : "undefined";

    /// <summary>What a command line, or the record of a run, asks for.</summary>
    private sealed record Wish(Origin Origin, FineTuningOptions Options);

    /// <summary>Where the dataset is: in a catalogue, or a published one with its folder and lists.</summary>
    private sealed record Origin(string Dataset, string? Catalogue, string? Folder, string? Train, string? Validation, string? Test, int? Percent)
    {
        /// <summary>As it can be found again from another folder.</summary>
        public Origin Lasting() => this with { Catalogue = Catalogue is null ? null : CatalogueFile.Lasting(Catalogue), Folder = Full(Folder), Train = Full(Train), Validation = Full(Validation), Test = Full(Test) };

        private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);
    }
}
