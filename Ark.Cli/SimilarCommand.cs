using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Cli;

/// <summary><c>ark similar</c>: nearest neighbours of an image.</summary>
internal static class SimilarCommand
{
    private const string Help = """
        Find the images of a file of embeddings that are most similar to an image, by the cosine between embeddings. The image is embedded as the file says that
        it was; where the file does not say (CSV, or a file of others), name the checkpoint. An image that is in the file by its name needs no checkpoint.

        Examples:
          ark similar chest.png --in embeddings.npz --top 5
          ark similar chest.png --in embeddings.csv --checkpoint last.pth.tar --projected
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var image = new Argument<string>("IMAGE") { Description = "the image, or the name of a row" };
        var input = new Option<string>("--in") { Description = "the file of embeddings (.safetensors, .npz, .csv, .parquet)", HelpName = "FILE", Required = true };
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
            var table = await Task.Run(() => EmbeddingFiles.Load(parsed.GetRequiredValue(input), cancellationToken), cancellationToken).ConfigureAwait(false);
            var row = table.Names is null ? -1 : table.Names.ToList().IndexOf(name);
            var query = row >= 0 && model.Checkpoint(parsed) is null
                ? table.Rows[row]
                : await Task.Run(() => Embed(services, parsed, model, table, name, parsed.GetValue(projected)), cancellationToken).ConfigureAwait(false);
            var found = NeighborSearch.Find(table, query, ModelArguments.AtLeastOne(parsed.GetValue(top), "--top"), without: row >= 0 ? name : null);
            reporter.Dispose();
            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, Document(name, found)).ConfigureAwait(false);
            if (parsed.GetValue(json) == "-") return ExitCode.Done;
            foreach (var neighbor in found)
                await terminal.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{neighbor.Similarity:F4}  {OneLine.Of(neighbor.Name)}")).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static float[] Embed(IServiceProvider services, ParseResult parsed, ModelArguments arguments, EmbeddingTable table, string image, bool projected)
    {
        var recorded = table.Info.GetValueOrDefault("ark.checkpoint");
        var checkpoint = arguments.Checkpoint(parsed) ?? recorded
            ?? throw new ArkInputException(table.Path, null, $"does not say which checkpoint made it, and has no row '{image}'", "Name the checkpoint (--checkpoint).");
        var kind = projected || table.Info.GetValueOrDefault("ark.kind") == "projected" ? EmbeddingKind.Projected : EmbeddingKind.Pooled;
        if (table.Info.GetValueOrDefault("ark.kind") == "tokens") throw new ArkInputException(table.Path, null, "holds tokens, which are no single vector per image", "Write pooled or projected embeddings.");
        ModelRole? made = table.Info.GetValueOrDefault("ark.weights") switch { "student" => ModelRole.Student, "teacher" => ModelRole.Teacher, _ => null };
        var given = arguments.WeightsGiven(parsed);
        if (made is not null && given is not null && made != given)
        {
            throw CommandLineError.Of("--weights",
                $"is the {given.ToString()!.ToLowerInvariant()}, and '{table.Path}' was made by the {made.ToString()!.ToLowerInvariant()}",
                "Leave the option out: embeddings of two networks cannot be compared.");
        }

        using var model = LoadedModel.Load(checkpoint, made ?? arguments.Weights(parsed), arguments.Device(parsed), arguments.Precision(parsed));
        var runner = new ModelRunner(model, arguments.Precision(parsed));
        var view = new float[runner.ViewLength];
        runner.Transform.Apply(new ImageFile(image).Load(services.Decoder()), new RandomStream(0), view);
        return runner.Embed(view, 1, kind);
    }

    private static JsonObject Document(string image, IEnumerable<Neighbor> found) => new()
    {
        ["image"] = image,
        ["neighbours"] = new JsonArray([.. found.Select(n => new JsonObject { ["name"] = n.Name, ["similarity"] = n.Similarity })]),
    };
}
