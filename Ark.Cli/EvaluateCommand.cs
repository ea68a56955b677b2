using System.CommandLine;
using Ark.Data;
using Ark.Training;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark evaluate</c>: how well a checkpoint reads a dataset.</summary>
internal static class EvaluateCommand
{
    private const string Help = """
        Measure how well a checkpoint reads one split of a dataset: AUROC per label and mean, accuracy where classes exclude each other.

        Examples:
          ark evaluate --checkpoint runs/real/checkpoints/last.pth.tar --config samples/real-data/ark.yaml --dataset hannover
          ark evaluate --checkpoint last.pth.tar --config ark.yaml --dataset chestxray14 --split val --weights student --crops 10 --json scores.json
          ark evaluate --checkpoint ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar --config ark.yaml --dataset ChestXray14
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var checkpoint = new Option<string>("--checkpoint") { Description = "the checkpoint of a run, or a file of the original Ark or Ark+", HelpName = "FILE", Required = true };
        var config = new Option<string>("--config") { Description = "the catalogue of datasets (YAML), or builtin:phantom", HelpName = "FILE", Required = true };
        var dataset = new Option<string>("--dataset") { Description = "the dataset, and so the head", HelpName = "NAME", Required = true };
        var split = new Option<string>("--split") { Description = "which part", HelpName = "train|val|test", DefaultValueFactory = _ => "test" };
        var crops = new Option<int>("--crops") { Description = "views of an image whose probabilities are averaged", HelpName = "1|10", DefaultValueFactory = _ => 1 };
        var weights = new Option<string>("--weights") { Description = "which network", HelpName = "teacher|student", DefaultValueFactory = _ => "teacher" };
        var batch = new Option<int>("--batch-size", "--batch_size") { Description = "images of a batch", HelpName = "N", DefaultValueFactory = _ => 32 };
        var workers = new Option<int>("--workers") { Description = "threads that prepare images", HelpName = "N", DefaultValueFactory = _ => 2 };
        var badImages = new Option<string>("--bad-images") { Description = "stop at an unreadable image, or skip and report it", HelpName = "stop|skip", DefaultValueFactory = _ => "stop" };
        var device = new Option<string>("--device") { Description = "where to compute", HelpName = "cpu|cuda[:i]", DefaultValueFactory = _ => "cpu" };
        var json = new Option<string?>("--json") { Description = "write the figures as JSON; - for standard output", HelpName = "OUT" };
        var quiet = new Option<bool>("--quiet") { Description = "no progress" };
        split.AcceptOnlyFromAmong("train", "val", "validation", "test");
        weights.AcceptOnlyFromAmong("teacher", "student");
        badImages.AcceptOnlyFromAmong("stop", "skip");
        var command = new Command("evaluate", Help) { checkpoint, config, dataset, split, crops, weights, batch, workers, badImages, device, json, quiet };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var silent = parsed.GetValue(quiet);
            var catalogue = await CatalogueFile.LoadAsync(parsed.GetRequiredValue(config), terminal, silent, cancellationToken).ConfigureAwait(false);
            var chosen = services.GetRequiredService<ArkDatasets>().Create(catalogue.Get(parsed.GetRequiredValue(dataset)));
            var role = parsed.GetValue(weights) == "student" ? ModelRole.Student : ModelRole.Teacher;
            using var model = LoadedModel.Load(parsed.GetRequiredValue(checkpoint), role, parsed.GetValue(device)!);
            var options = new EvaluationOptions
            {
                Split = parsed.GetValue(split) switch { "train" => DatasetSplit.Train, "test" => DatasetSplit.Test, _ => DatasetSplit.Validation },
                Crops = parsed.GetValue(crops),
                BatchSize = AtLeastOne(parsed.GetValue(batch), "--batch-size"),
                Workers = AtLeastOne(parsed.GetValue(workers), "--workers"),
                BadImages = parsed.GetValue(badImages) == "skip" ? BadImagePolicy.Skip : BadImagePolicy.Stop,
            };
            DatasetEvaluation evaluation;
            using (var reporter = new ConsoleReporter(terminal, silent))
                evaluation = await services.GetRequiredService<IArkEvaluator>().EvaluateAsync(model, chosen, options, reporter, cancellationToken).ConfigureAwait(false);
            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, evaluation.ToJson()).ConfigureAwait(false);
            if (parsed.GetValue(json) != "-") ResultTable.Write(terminal, evaluation);
            return ExitCode.Done;
        });
        return command;
    }

    private static int AtLeastOne(int value, string option) =>
        value >= 1 ? value : throw new ArkInputException("command line", $"option '{option}'", $"{value} is too few", "Give at least 1.");
}
