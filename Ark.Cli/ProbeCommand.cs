using System.CommandLine;
using System.Globalization;
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
        Fit a logistic regression on embeddings of a dataset's training split, choose its L2 penalty on
        validation, and measure it on test; with intervals, few-shot curves, and paired comparisons with
        other features on the same images. Features come from a checkpoint, or from a file of embeddings of
        any model (.npz, .csv, .parquet, .safetensors) whose names are the images' paths or file names.

        Examples:
          ark probe --config samples/real-data/ark.yaml --dataset pneumoniamnist --checkpoint runs/real/checkpoints/last.pth.tar --projected --compare pixels --compare untrained
          ark probe --config ark.yaml --dataset chestxray14 --embeddings ark.npz --compare rad-dino.parquet --shots 1,2,4,8,16,32 --repeats 10 --out probes/xray14
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var config = CommonOptions.Config();
        var dataset = new Option<string>("--dataset") { Description = "the dataset", HelpName = "NAME", Required = true };
        var embeddings = new Option<string?>("--embeddings")
        {
            Description = "instead of --checkpoint: a file of embeddings",
            HelpName = "FILE",
        };
        var projected = new Option<bool>("--projected") { Description = "probe behind the projector of checkpoints" };
        var compare = new Option<string[]>("--compare")
        {
            Description = "compare with other features; may be repeated",
            HelpName = "pixels|untrained|FILE",
        };
        var shots = new Option<string?>("--shots")
        {
            Description = "also learn from N images of each class, with commas",
            HelpName = "N,N",
        };
        var repeats = new Option<int>("--repeats")
        {
            Description = "draws for each number of images",
            HelpName = "N",
            DefaultValueFactory = _ => 10,
        };
        var intervals = new Option<int>("--intervals")
        {
            Description = "bootstrap replicates for 95 % intervals",
            HelpName = "N",
            DefaultValueFactory = _ => 1000,
        };
        var seed = new Option<ulong>("--seed")
        {
            Description = "what draws, replicates and untrained weights come from",
            HelpName = "N",
            DefaultValueFactory = _ => 0,
        };
        var output = new Option<string?>("--out")
        {
            Description = "a folder for probe.json, probe.html (curves) and the fitted coefficients",
            HelpName = "DIR",
        };
        var badImages = CommonOptions.BadImages();
        var json = CommonOptions.Json("the figures");
        var quiet = CommonOptions.Quiet();
        var command = new Command("probe", Help)
        {
            config, dataset, embeddings, projected, compare, shots, repeats, intervals, seed, output, badImages, json, quiet
        };
        var model = new ModelArguments(command, required: false);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var silent = parsed.GetValue(quiet);
            if (parsed.GetValue(shots) is null && parsed.IsGiven(repeats))
                throw CommandLineError.Of("--repeats", "has no effect without --shots", "Give both, or none.");
            var folder = parsed.GetValue(output);
            if (folder is not null) OutputPath.MakeFolder(folder);
            var catalogue = await CatalogueFile.LoadAsync(parsed.GetRequiredValue(config), terminal, silent, cancellationToken)
                .ConfigureAwait(false);
            var chosen = services.GetRequiredService<ArkDatasets>().Create(catalogue.Get(parsed.GetRequiredValue(dataset)) with
            {
                Seed = parsed.GetValue(seed)
            });
            var options = new ProbeOptions
            {
                Shots = Shots(parsed.GetValue(shots)),
                Repeats = Numbers.AtLeast(1, parsed.GetValue(repeats), "--repeats"),
                Replicates = Numbers.AtLeast(0, parsed.GetValue(intervals), "--intervals"),
                Seed = parsed.GetValue(seed),
                BatchSize = model.BatchSize(parsed),
                Workers = model.Workers(parsed),
                BadImages = parsed.Policy(badImages),
            };
            var kind = parsed.GetValue(projected) ? EmbeddingKind.Projected : EmbeddingKind.Pooled;
            using var sources = new ProbeSources(
                parsed, terminal, model, kind, parsed.GetValue(embeddings), parsed.GetValue(compare) ?? []);
            using var reporter = new ConsoleReporter(terminal, silent);
            var result = await services.GetRequiredService<LinearProbe>()
                .ProbeAsync(
                    chosen,
                    sources.Features,
                    options,
                    new WorkReporter(reporter, terminal.IsLive),
                    cancellationToken).ConfigureAwait(false);
            if (result.LeftOut > 0)
                reporter.Line(
                    $"warning: {result.LeftOut} image(s) are left out, because not every source of features has them", evenIfQuiet: true);
            reporter.Dispose();
            if (folder is not null) await SaveAsync(terminal, folder, result, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, result.ToJson()).ConfigureAwait(false);
            if (parsed.GetValue(json) != "-") Write(terminal, result, folder);
            return ExitCode.Done;
        });
        return command;
    }

    private static int[] Shots(string? text) => text is null ? [] : [.. text.Split(
        ',',
        StringSplitOptions.TrimEntries).Select(s => int.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0
        ? n
        : throw CommandLineError.Of("--shots", $"'{s}' is no number of images", "Give numbers with commas, such as 1,2,4,8."))
        .Distinct().Order()];

    private static async Task SaveAsync(Terminal terminal, string folder, ProbeResult result, CancellationToken cancellationToken)
    {
        foreach (var probed in result.Features)
        {
            var name = string.Concat(probed.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_'));
            result.SaveCoefficients(probed, Path.Combine(folder, name + ".coefficients.safetensors"));
        }

        await JsonOutput.WriteAsync(terminal, Path.Combine(folder, "probe.json"), result.ToJson()).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(folder, "probe.html"), result.ToHtml(), cancellationToken).ConfigureAwait(false);
    }

    private static void Write(Terminal terminal, ProbeResult result, string? folder)
    {
        var features = result.Features;
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("features", "numbers", "penalty", "mean AUROC", "95 %");
        foreach (var shots in features[0].Curve) table.AddColumn(string.Create(CultureInfo.InvariantCulture, $"{shots.Shots} shots"));
        foreach (var probed in features)
        {
            var figures = probed.Evaluation;
            var interval = figures.Intervals.TryGetValue("mean_auroc", out var found) ? $"{Figure(found.Low)}-{Figure(found.High)}" : "";
            table.AddRow([
                Markup.Escape(probed.Name), probed.Width.ToString(CultureInfo.InvariantCulture),
                probed.Penalty.ToString("G2", CultureInfo.InvariantCulture),
                Figure(figures.MeanAuroc), interval, .. probed.Curve.Select(p => $"{Figure(p.Mean)} ± {Figure(p.Deviation)}"),
            ]);
        }

        var console = ResultTable.Console(terminal);
        console.Write(table);
        console.WriteLine($"{result.Dataset}: test, {features[0].Evaluation.Images} images");
        foreach (var probed in features.Where(f => f.Comparison is not null))
            console.WriteLine(Line(features[0].Name, probed.Name, probed.Comparison!));
        if (folder is not null) console.WriteLine($"wrote {Path.Combine(folder, "probe.html")}");
    }

    private static string Line(string first, string second, ModelComparison comparison)
    {
        var p = comparison.Labels is [{ Auroc.P: { } value }]
            ? string.Create(CultureInfo.InvariantCulture, $", DeLong p = {value:G2}")
            : "";
        var interval = comparison.MeanInterval is { } i
            ? string.Create(CultureInfo.InvariantCulture, $" (95 %: {i.Low:+0.000;-0.000} to {i.High:+0.000;-0.000})")
            : "";
        var difference = comparison.FirstMeanAuroc - comparison.SecondMeanAuroc;
        return string.Create(CultureInfo.InvariantCulture, $"{first} less {second}: {difference:+0.000;-0.000}{interval}{p}");
    }

    private static string Figure(double? value) => value is { } number ? number.ToString("F3", CultureInfo.InvariantCulture) : "undefined";
}
