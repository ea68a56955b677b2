using System.CommandLine;
using System.Text.Json.Nodes;
using Ark.Evaluation;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark segment evaluate</c>: Dice, IoU and distances on a split.</summary>
internal static class SegmentEvaluateCommand
{
    private const string Help = """
        Measure a segmentation network on a split, in the grid of the stored images: Dice, IoU, and the 95th
        percentile of the distance between outlines in pixels and, where the size of a pixel is known, in
        mm; with 95 % bootstrap intervals by patient; and the cardiothoracic ratio where heart and lungs are
        there. Masks are cleaned as 'ark segment predict' cleans them, unless --raw-masks is given. Several
        checkpoints are trials: mean and deviation are reported too.

        Examples:
          ark segment evaluate --checkpoint runs/jsrt/checkpoints/best.pth.tar --config jsrt.yaml --json out.json
          ark segment evaluate --checkpoint t1/checkpoints/best.pth.tar --checkpoint t2/checkpoints/best.pth.tar --config builtin:phantom --split val
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var checkpoints = new Option<string[]>("--checkpoint")
        {
            Description = "a checkpoint of 'ark segment train'; may be repeated",
            HelpName = "FILE",
            Required = true,
        };
        var config = CommonOptions.Config();
        var dataset = new Option<string?>("--dataset")
        {
            Description = "the dataset of the catalogue, or several joined by '+' (default: the only one)",
            HelpName = "NAME",
        };
        var split = new Option<string>("--split")
        {
            Description = "the part to read",
            HelpName = "train|val|test",
            DefaultValueFactory = _ => "test",
        };
        var (stretch, raw) = (SegmentCommand.Stretch(), SegmentCommand.RawMasks());
        var replicates = new Option<int>("--bootstrap")
        {
            Description = "bootstrap replicates for the intervals; 0 for none",
            HelpName = "N",
            DefaultValueFactory = _ => 1000,
        };
        var seed = new Option<ulong>("--seed")
        {
            Description = "what the replicates are drawn from",
            HelpName = "N",
            DefaultValueFactory = _ => 42UL,
        };
        var device = new Option<string>("--device")
        {
            Description = "where to compute",
            HelpName = "cpu|cuda[:i]",
            DefaultValueFactory = _ => "cpu",
        };
        var badImages = CommonOptions.BadImages();
        var json = CommonOptions.Json("the figures");
        var quiet = CommonOptions.Quiet();
        split.AcceptOnlyFromAmong("train", "val", "test");
        var command = new Command("evaluate", Help)
        {
            checkpoints, config, dataset, split, stretch, raw, replicates, seed, device, badImages, json, quiet
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var silent = parsed.GetValue(quiet);
            var options = new ScoringOptions
            {
                Replicates = Numbers.AtLeast(0, parsed.GetValue(replicates), "--bootstrap"),
                Seed = parsed.GetValue(seed),
            };
            var catalogue = await CatalogueFile.LoadMasksAsync(parsed.GetRequiredValue(config), terminal, silent, cancellationToken)
                .ConfigureAwait(false);
            var chosen = SegmentCommand.Dataset(services, catalogue, parsed.GetValue(dataset));
            var trials = new List<SegmentationEvaluation>();
            using (var reporter = new ConsoleReporter(terminal, silent))
            {
                var progress = new WorkReporter(reporter, terminal.IsLive);
                foreach (var checkpoint in parsed.GetRequiredValue(checkpoints))
                {
                    using var model = LoadedSegmenter.Load(checkpoint, parsed.GetRequiredValue(device));
                    trials.Add(await services.GetRequiredService<SegmentationEvaluator>().EvaluateAsync(model, chosen, ModelArguments.Split(
                        parsed.GetRequiredValue(split)), options, parsed.GetValue(stretch), parsed.GetValue(raw),
                        parsed.Policy(badImages), progress, cancellationToken).ConfigureAwait(false));
                }
            }

            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, Document(trials)).ConfigureAwait(false);
            if (parsed.GetValue(json) != "-") SegmentationTable.Write(terminal, trials);
            return ExitCode.Done;
        });
        return command;
    }

    // One checkpoint gives its figures; several give those of the first, and all of them under "trials".
    private static JsonObject Document(List<SegmentationEvaluation> trials)
    {
        var result = trials[0].ToJson();
        if (trials.Count == 1) return result;
        result["trials"] = new JsonArray([.. trials.Select(t => t.ToJson())]);
        result["summary"] = SegmentationTable.Summary(trials);
        return result;
    }
}
