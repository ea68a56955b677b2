using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark similar</c>: nearest neighbours of an image.</summary>
internal static class SimilarCommand
{
    private const string Help = """
        Find the images of a file of embeddings that are most similar to an image, by the cosine between
        embeddings. The image is embedded as the file says that it was; where the file does not say (CSV, or
        a file of others), name the checkpoint. An image that is in the file by its name needs no
        checkpoint.

        Examples:
          ark similar chest.png --in embeddings.npz --top 5
          ark similar chest.png --in embeddings.csv --checkpoint last.pth.tar --projected
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var image = new Argument<string>("IMAGE") { Description = "the image, or the name of a row" };
        var input = new Option<string>("--in")
        {
            Description = "the file of embeddings (.safetensors, .npz, .csv, .parquet)",
            HelpName = "FILE",
            Required = true,
        };
        var top = new Option<int>("--top") { Description = "how many", HelpName = "N", DefaultValueFactory = _ => 10 };
        var projected = new Option<bool>("--projected") { Description = "the file's embeddings are those behind the projector" };
        var json = CommonOptions.Json("the result");
        var quiet = CommonOptions.Quiet();
        var command = new Command("similar", Help) { image, input, top, projected, json, quiet };
        var model = new ModelArguments(command, required: false);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(image);
            using var reporter = new ConsoleReporter(terminal, parsed.GetValue(quiet));
            reporter.Live("reading embeddings");
            var search = services.GetRequiredService<NeighborSearch>();
            var table = await search.LoadAsync(parsed.GetRequiredValue(input), cancellationToken).ConfigureAwait(false);
            var (row, count) = (table.IndexOf(name), ModelArguments.AtLeastOne(parsed.GetValue(top), "--top"));
            var found = row >= 0 && model.Checkpoint(parsed) is null
                ? table.Find(row, count)
                : await FindAsync(
                    search, table, parsed, model, name, count, parsed.GetValue(projected) ? EmbeddingKind.Projected : null,
                    cancellationToken).ConfigureAwait(false);
            reporter.Dispose();
            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, Document(name, found)).ConfigureAwait(false);
            if (parsed.GetValue(json) == "-") return ExitCode.Done;
            foreach (var neighbor in found)
                await terminal.Out
                    .WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{neighbor.Similarity:F4}  {OneLine.Of(neighbor.Name)}"))
                    .ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static async Task<IReadOnlyList<Neighbor>> FindAsync(
        NeighborSearch search, EmbeddingTable table, ParseResult parsed, ModelArguments arguments, string image, int count,
        EmbeddingKind? kind,
        CancellationToken cancellationToken)
    {
        var checkpoint = arguments.Checkpoint(parsed) ?? table.Checkpoint
            ?? throw new ArkInputException(
                table.Path,
                null,
                $"does not say which checkpoint made it, and has no row '{image}'",
                "Name the checkpoint (--checkpoint).");
        var given = arguments.WeightsGiven(parsed);
        if (table.Weights is { } made && given is not null && made != given)
        {
            throw CommandLineError.Of("--weights",
                $"is the {given.ToString()!.ToLowerInvariant()}, and '{table.Path}' was made by the {made.ToString().ToLowerInvariant()}",
                "Leave the option out: embeddings of two networks cannot be compared.");
        }

        using var model = await Task.Run(
            () => LoadedModel.Load(
                checkpoint, table.Weights ?? arguments.Weights(parsed), arguments.Device(parsed), arguments.Precision(parsed),
                arguments.ImageSize(parsed)),
            cancellationToken).ConfigureAwait(false);
        return await search.FindAsync(table, model, new ImageFile(image), count, kind, cancellationToken).ConfigureAwait(false);
    }

    private static JsonObject Document(string image, IEnumerable<Neighbor> found) => new()
    {
        ["image"] = image,
        ["neighbours"] = new JsonArray([.. found.Select(n => new JsonObject { ["name"] = n.Name, ["similarity"] = n.Similarity })]),
    };
}
