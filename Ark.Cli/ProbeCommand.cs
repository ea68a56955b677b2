using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Ark.Cli;

/// <summary><c>ark probe</c>: how much a linear model gets out of embeddings.</summary>
internal static class ProbeCommand
{
    private const string Help = """
        Fit a logistic regression on embeddings of a dataset's training split, choose its L2 penalty on validation, and measure it on test; with intervals, few-shot
        curves, and paired comparisons with other features on the same images. Features come from a checkpoint, or from a file of embeddings of any model
        (.npz, .csv, .parquet, .safetensors) whose names are the images' paths or file names.

        Examples:
          ark probe --config samples/real-data/ark.yaml --dataset pneumoniamnist --checkpoint runs/real/checkpoints/last.pth.tar --projected --compare pixels --compare untrained
          ark probe --config ark.yaml --dataset chestxray14 --embeddings ark.npz --compare rad-dino.parquet --shots 1,2,4,8,16,32 --repeats 10 --out probes/xray14
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var config = CommonOptions.Config();
        var dataset = new Option<string>("--dataset") { Description = "the dataset", HelpName = "NAME", Required = true };
        var embeddings = new Option<string?>("--embeddings") { Description = "instead of --checkpoint: a file of embeddings", HelpName = "FILE" };
        var projected = new Option<bool>("--projected") { Description = "probe behind the projector of checkpoints" };
        var compare = new Option<string[]>("--compare") { Description = "compare with other features; may be repeated", HelpName = "pixels|untrained|FILE" };
        var shots = new Option<string?>("--shots") { Description = "also learn from N images of each class, with commas", HelpName = "N,N" };
        var repeats = new Option<int>("--repeats") { Description = "draws for each number of images", HelpName = "N", DefaultValueFactory = _ => 10 };
        var intervals = new Option<int>("--intervals") { Description = "bootstrap replicates for 95 % intervals", HelpName = "N", DefaultValueFactory = _ => 1000 };
        var seed = new Option<ulong>("--seed") { Description = "what draws, replicates and untrained weights come from", HelpName = "N", DefaultValueFactory = _ => 0 };
        var output = new Option<string?>("--out") { Description = "a folder for probe.json, probe.html (curves) and the fitted coefficients", HelpName = "DIR" };
        var badImages = CommonOptions.BadImages();
        var json = CommonOptions.Json("the figures");
        var quiet = CommonOptions.Quiet();
        var command = new Command("probe", Help) { config, dataset, embeddings, projected, compare, shots, repeats, intervals, seed, output, badImages, json, quiet };
        var model = new ModelArguments(command, required: false);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var silent = parsed.GetValue(quiet);
            if (parsed.GetValue(shots) is null && parsed.IsGiven(repeats))
                throw CommandLineError.Of("--repeats", "has no effect without --shots", "Give both, or none.");
            var folder = parsed.GetValue(output);
            if (folder is not null) OutputPath.MakeFolder(folder);
            var catalogue = await CatalogueFile.LoadAsync(parsed.GetRequiredValue(config), terminal, silent, cancellationToken).ConfigureAwait(false);
            var chosen = services.GetRequiredService<ArkDatasets>().Create(catalogue.Get(parsed.GetRequiredValue(dataset)) with { Seed = parsed.GetValue(seed) });
            var options = new ProbeOptions
            {
                Shots = Shots(parsed.GetValue(shots)),
                Repeats = Numbers.AtLeast(1, parsed.GetValue(repeats), "--repeats"),
                Replicates = Numbers.AtLeast(0, parsed.GetValue(intervals), "--intervals"),
                Seed = parsed.GetValue(seed),
            };
            var reading = model.Reading(parsed, badImages: parsed.Policy(badImages));
            var kind = parsed.GetValue(projected) ? EmbeddingKind.Projected : EmbeddingKind.Pooled;
            var sources = new List<FeatureSource>();
            try
            {
                var specs = parsed.GetValue(compare) ?? [];
                // The checkpoints of all runs have the same file name.
                string[] files = [.. ((string?[])[model.Checkpoint(parsed), parsed.GetValue(embeddings), .. specs]).OfType<string>().Distinct(StringComparer.Ordinal)];
                string Called(string file) => files.Count(f => Path.GetFileName(f) == Path.GetFileName(file)) > 1 ? file : Path.GetFileName(file);
                sources.Add(MainSource(services, parsed, model, parsed.GetValue(embeddings), Called, kind, reading, cancellationToken));
                foreach (var spec in specs) sources.Add(OtherSource(services, parsed, model, spec, Called, kind, reading, options.Seed, cancellationToken));
                using var reporter = new ConsoleReporter(terminal, silent);
                var progress = new WorkReporter(reporter, terminal.IsLive);
                var probe = await LinearProbe.ReadAsync(chosen, sources, options, progress, cancellationToken).ConfigureAwait(false);
                if (probe.LeftOut > 0) reporter.Line($"warning: {probe.LeftOut} image(s) are left out, because not every source of features has them", evenIfQuiet: true);
                var results = await probe.RunAsync(progress, cancellationToken, (name, fitted) => Save(folder, name, chosen.Adapter.Labels, fitted)).ConfigureAwait(false);
                var comparisons = results.Skip(1).Select(r => (First: results[0].Name, Second: r.Name, Comparison: probe.Compare(results[0], r, cancellationToken))).ToList();
                reporter.Dispose();
                var document = Document(chosen.Name, results, comparisons);
                if (folder is not null)
                {
                    await JsonOutput.WriteAsync(terminal, Path.Combine(folder, "probe.json"), document).ConfigureAwait(false);
                    await File.WriteAllTextAsync(Path.Combine(folder, "probe.html"), ProbeReport.Render(chosen.Name, results, comparisons), cancellationToken).ConfigureAwait(false);
                }

                if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, document).ConfigureAwait(false);
                if (parsed.GetValue(json) != "-") Write(terminal, chosen.Name, results, comparisons, folder);
                return ExitCode.Done;
            }
            finally
            {
                sources.ForEach(s => s.Dispose());
            }
        });
        return command;
    }

    private static FeatureSource MainSource(IServiceProvider services, ParseResult parsed, ModelArguments model, string? embeddings, Func<string, string> called, EmbeddingKind kind, ReadingOptions reading, CancellationToken cancellationToken) => (model.Checkpoint(parsed), embeddings) switch
    {
        (null, null) => throw CommandLineError.Of("--checkpoint", "is missing", "Give --checkpoint FILE or --embeddings FILE."),
        (not null, not null) =>
            throw CommandLineError.Of("--embeddings", "excludes --checkpoint", "Give one, and the other with --compare."),
        (null, { } file) => new FileFeatures(file, called(file), cancellationToken),
        ({ } checkpoint, _) => new NetworkFeatures($"{called(checkpoint)} {Word(kind)}", model.Load(parsed), kind, services.Decoder(), reading, model.Precision(parsed)),
    };

    private static FeatureSource OtherSource(IServiceProvider services, ParseResult parsed, ModelArguments model, string spec, Func<string, string> called, EmbeddingKind kind, ReadingOptions reading, ulong seed, CancellationToken cancellationToken)
    {
        if (spec == "pixels") return new PixelFeatures(services.Decoder(), reading);
        if (spec == "untrained")
        {
            var checkpoint = model.Checkpoint(parsed) ?? throw CommandLineError.Of("--compare",
                "'untrained' needs a checkpoint, whose architecture it takes", "Give --checkpoint FILE.");
            using var like = model.Load(parsed, checkpoint);
            return new NetworkFeatures($"untrained {Word(kind)}", like.Untrained(seed), kind, services.Decoder(), reading, model.Precision(parsed));
        }

        if (!File.Exists(spec))
        {
            throw CommandLineError.Of("--compare", $"'{spec}' is neither 'pixels' nor 'untrained' nor a file",
                "Name a file of embeddings or a checkpoint.");
        }
        var isTable = Path.GetExtension(spec).ToLowerInvariant() is ".npz" or ".csv" or ".parquet"
            || (Path.GetExtension(spec).Equals(".safetensors", StringComparison.OrdinalIgnoreCase) && CheckpointFile.ReadIndex(spec).Tensors.Any(t => t.Name == "embeddings"));
        return isTable ? new FileFeatures(spec, called(spec), cancellationToken) : new NetworkFeatures($"{called(spec)} {Word(kind)}", model.Load(parsed, spec), kind, services.Decoder(), reading, model.Precision(parsed));
    }

    private static string Word(EmbeddingKind kind) => kind == EmbeddingKind.Projected ? "projected" : "pooled";

    private static int[] Shots(string? text) => text is null ? [] : [.. text.Split(',', StringSplitOptions.TrimEntries).Select(s => int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0
        ? n
        : throw CommandLineError.Of("--shots", $"'{s}' is no number of images", "Give numbers with commas, such as 1,2,4,8."))
        .Distinct().Order()];

    private static void Save(string? folder, string name, LabelSchema labels, LogisticRegression fitted)
    {
        if (folder is null) return;
        var (weight, bias) = fitted.Plain();
        using (weight)
        using (bias)
        {
            var file = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_')) + ".coefficients.safetensors";
            Safetensors.Save(Path.Combine(folder, file), [KeyValuePair.Create("weight", weight), KeyValuePair.Create("bias", bias)], new Dictionary<string, string>
            {
                ["labels"] = JsonSerializer.Serialize(labels.Names),
                ["task"] = labels.Task.ToString(),
                ["penalty"] = fitted.Penalty.ToString("R", CultureInfo.InvariantCulture),
            });
        }
    }

    private static JsonObject Document(string dataset, IReadOnlyList<ProbeResult> results, IReadOnlyList<(string First, string Second, ModelComparison Comparison)> comparisons) => new()
    {
        ["dataset"] = dataset,
        ["probes"] = new JsonArray([.. results.Select(r => r.ToJson())]),
        ["comparisons"] = new JsonArray([.. comparisons.Select(c =>
        {
            var json = c.Comparison.ToJson();
            json["first"] = c.First;
            json["second"] = c.Second;
            return (JsonNode)json;
        })]),
    };

    private static void Write(Terminal terminal, string dataset, IReadOnlyList<ProbeResult> results, IReadOnlyList<(string First, string Second, ModelComparison Comparison)> comparisons, string? folder)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("features", "numbers", "penalty", "mean AUROC", "95 %");
        foreach (var shots in results[0].Curve) table.AddColumn(string.Create(CultureInfo.InvariantCulture, $"{shots.Shots} shots"));
        foreach (var result in results)
        {
            var interval = result.Evaluation.Intervals.TryGetValue("mean_auroc", out var found) ? $"{Figure(found.Low)}-{Figure(found.High)}" : "";
            table.AddRow([Markup.Escape(result.Name), result.Width.ToString(CultureInfo.InvariantCulture), result.Penalty.ToString("G2", CultureInfo.InvariantCulture), Figure(result.Evaluation.MeanAuroc), interval,
                .. result.Curve.Select(p => $"{Figure(p.Mean)} ± {Figure(p.Deviation)}")]);
        }

        var console = ResultTable.Console(terminal);
        console.Write(table);
        console.WriteLine($"{dataset}: test, {results[0].Predictions.Count} images");
        foreach (var (first, second, comparison) in comparisons)
        {
            var p = comparison.Labels is [{ Auroc.P: { } value }] ? string.Create(CultureInfo.InvariantCulture, $", DeLong p = {value:G2}") : "";
            var interval = comparison.MeanInterval is { } i ? string.Create(CultureInfo.InvariantCulture, $" (95 %: {i.Low:+0.000;-0.000} to {i.High:+0.000;-0.000})") : "";
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{first} less {second}: {comparison.FirstMeanAuroc - comparison.SecondMeanAuroc:+0.000;-0.000}{interval}{p}"));
        }

        if (folder is not null) console.WriteLine($"wrote {Path.Combine(folder, "probe.html")}");
    }

    private static string Figure(double? value) => value is { } number ? number.ToString("F3", CultureInfo.InvariantCulture) : "undefined";
}
