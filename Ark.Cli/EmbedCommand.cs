using System.CommandLine;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark embed</c>: the embeddings of many images.</summary>
internal static class EmbedCommand
{
    private const string Help = """
        Write the embeddings of images to a file: in the order of the input, streamed, and resumable (run it
        again after an interruption). Images that cannot be read are listed in OUT.bad.txt and have no row.
        The ending of OUT chooses the format: .safetensors, .npz, .csv or .parquet. By default an embedding
        is the backbone's pooled features (1024 numbers for Ark-6), with --projected those behind the
        projector (1376).

        Examples:
          ark embed --checkpoint ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar --input images/ --out embeddings.npz
          ark embed --checkpoint last.pth.tar --input test.txt --data-dir images/ --out test.parquet --projected
          ark embed --checkpoint last.pth.tar --config samples/real-data/ark.yaml --dataset pneumoniamnist --split all --out pneumonia.safetensors
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var input = new Option<string?>("--input")
        {
            Description = "a folder of images, a list with a path a line, a CSV with a column of paths, or an image",
            HelpName = "DIR|LIST",
        };
        var folder = new Option<string?>("--data-dir", "--data_dir")
        {
            Description = "what the paths of a list are relative to (default: the list's folder)",
            HelpName = "DIR",
        };
        var config = CommonOptions.OptionalConfig("instead of --input: ");
        var dataset = new Option<string?>("--dataset") { Description = "the dataset of the catalogue", HelpName = "NAME" };
        var split = new Option<string>("--split")
        {
            Description = "which part of the dataset",
            HelpName = "train|val|test|all",
            DefaultValueFactory = _ => "all",
        };
        var output = new Option<string>("--out") { Description = "the file to write", HelpName = "FILE", Required = true };
        var projected = new Option<bool>("--projected") { Description = "behind the projector" };
        var tokens = new Option<bool>("--tokens") { Description = "every token of the last stage; .safetensors and .npz only" };
        var json = CommonOptions.Json("a summary");
        var quiet = CommonOptions.Quiet();
        split.AcceptOnlyFromAmong("train", "val", "validation", "test", "all");
        var command = new Command("embed", Help) { input, folder, config, dataset, split, output, projected, tokens, json, quiet };
        var model = new ModelArguments(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var silent = parsed.GetValue(quiet);
            if (parsed.GetValue(projected) && parsed.GetValue(tokens))
                throw CommandLineError.Of("--tokens", "excludes --projected", "Give one of both.");
            var usesCatalogue = parsed.GetValue(config) is not null;
            foreach (var (option, other) in usesCatalogue
                ? [(input, "--config"), (folder, "--config")]
                : new[] { ((Option)dataset, "--input"), (split, "--input") })
            {
                if (parsed.IsGiven(option))
                {
                    throw CommandLineError.Of(option.Name, $"has no effect beside {other}",
                        "Give --input DIR or LIST, or --config FILE and --dataset NAME.");
                }
            }

            if (parsed.GetValue(folder) is not null && Directory.Exists(parsed.GetValue(input)))
                throw CommandLineError.Of("--data-dir", "has no effect beside a folder", "It is for lists: leave it out.");
            var images = parsed.GetValue(config) is { } file
                ? await OfDatasetAsync(
                    services, terminal, file, parsed.GetValue(dataset), parsed.GetValue(split)!, silent,
                    cancellationToken).ConfigureAwait(false)
                : ImageInputs.Read(
                    parsed.GetValue(input)
                        ?? throw CommandLineError.Of(
                            "--input", "is missing", "Give --input DIR or LIST, or --config FILE and --dataset NAME."),
                    parsed.GetValue(folder), cancellationToken);
            var options = new ExtractionOptions
            {
                Kind = parsed.GetValue(tokens)
                    ? EmbeddingKind.Tokens
                    : parsed.GetValue(projected) ? EmbeddingKind.Projected
                    : EmbeddingKind.Pooled,
                BatchSize = model.BatchSize(parsed),
                Workers = model.Workers(parsed),
                Precision = model.Precision(parsed),
            };
            var target = parsed.GetRequiredValue(output);
            using var loaded = model.Load(parsed, terminal);
            ExtractionResult result;
            using (var reporter = new ConsoleReporter(terminal, silent))
            {
                try
                {
                    result = await services
                        .GetRequiredService<EmbeddingExtractor>()
                        .ExtractAsync(loaded, images, target, options, new WorkReporter(reporter, terminal.IsLive), cancellationToken)
                        .ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    reporter.Line($"Stopped. The same command goes on from {target}.partial");
                    throw;
                }
            }

            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, Document(result)).ConfigureAwait(false);
            if (parsed.GetValue(json) != "-") await terminal.Out.WriteLineAsync(Summary(result)).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<IReadOnlyList<NamedImage>> OfDatasetAsync(
        IServiceProvider services, Terminal terminal, string config, string? dataset, string split, bool quiet,
        CancellationToken cancellationToken)
    {
        if (dataset is null) throw CommandLineError.Of("--dataset", "is missing", "Name the catalogue's dataset.");
        var catalogue = await CatalogueFile.LoadAsync(config, terminal, quiet, cancellationToken).ConfigureAwait(false);
        var chosen = services.GetRequiredService<ArkDatasets>().Create(catalogue.Get(dataset));
        DatasetSplit[] splits = split == "all"
            ? [DatasetSplit.Train, DatasetSplit.Validation, DatasetSplit.Test]
            : [ModelArguments.Split(split)];
        var images = new List<NamedImage>();
        foreach (var part in splits)
            images.AddRange((await chosen.Adapter
                .ReadAsync(part, cancellationToken)
                .ConfigureAwait(false)).Select(s => new NamedImage(s.Image.Name, s.Image)));
        return images;
    }

    private static JsonObject Document(ExtractionResult result) => new()
    {
        ["out"] = result.Path,
        ["images"] = result.Images,
        ["shape"] = new JsonArray([.. result.Shape.Select(s => (JsonNode)s)]),
        ["resumed"] = result.Resumed,
        ["bad"] = new JsonArray([.. result.Bad.Select(b => new JsonObject { ["image"] = b.Key, ["reason"] = b.Value })]),
    };

    private static string Summary(ExtractionResult result) =>
        $"wrote {result.Images} embeddings of {string.Join(" x ", result.Shape)} to {result.Path}"
        + (result.Resumed > 0 ? $", {result.Resumed} images done before" : "")
        + (result.Bad.Count > 0 ? $"; {result.Bad.Count} image(s) could not be read, see {result.Path}.bad.txt" : "");
}
