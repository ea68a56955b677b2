using System.CommandLine;
using System.Globalization;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark evaluate</c>: how well a checkpoint reads a dataset.</summary>
internal static class EvaluateCommand
{
    private const string Help = """
        Measure how well a checkpoint reads one split of a dataset: per label AUROC, average precision and,
        at a threshold, accuracy, MCC, F1, sensitivity and specificity, with 95 % intervals where asked for;
        by groups of patients; and write the predictions.

        Examples:
          ark evaluate --checkpoint runs/real/checkpoints/last.pth.tar --config samples/real-data/ark.yaml --dataset hannover
          ark evaluate --checkpoint last.pth.tar --config ark.yaml --dataset chestxray14 --split val --weights student --crops 10 --json scores.json
          ark evaluate --checkpoint last.pth.tar --config ark.yaml --dataset chestxray14 --intervals 2000 --groups "Patient Gender,Patient Age" --metadata metadata.csv
          ark evaluate --checkpoint ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar --config ark.yaml --dataset ChestXray14 --predictions ark6.parquet
          ark evaluate --checkpoint ark6_teacher_ep200_swinb_projector1376_mlp.pth.tar --config ark.yaml --dataset PadChest --via-heads --combine mean
        """;

    public static Command Create(IServiceProvider services, Terminal terminal)
    {
        var config = CommonOptions.Config();
        var dataset = new Option<string>("--dataset") { Description = "the dataset, and so the head", HelpName = "NAME", Required = true };
        var split = new Option<string>("--split")
        {
            Description = "which part",
            HelpName = "train|val|test",
            DefaultValueFactory = _ => "test",
        };
        var crops = new Option<int>("--crops")
        {
            Description = "views of an image whose probabilities are averaged",
            HelpName = "1|10",
            DefaultValueFactory = _ => 1,
        };
        var labels = new Option<string?>("--labels")
        {
            Description = "the labels to report, with commas (default: the catalogue's test labels, or all)",
            HelpName = "A,B",
        };
        var threshold = new Option<double>("--threshold")
        {
            Description = "the probability from which a label is called present",
            HelpName = "X",
            DefaultValueFactory = _ => 0.5,
            CustomParser = Numbers.ParseDouble,
        };
        var intervals = new Option<int>("--intervals")
        {
            Description = "bootstrap replicates for 95 % intervals, by patient where patients are known; 0 for none",
            HelpName = "N",
            DefaultValueFactory = _ => 0,
        };
        var seed = new Option<ulong>("--seed")
        {
            Description = "what the replicates are drawn from",
            HelpName = "N",
            DefaultValueFactory = _ => 42,
        };
        var groups = new Option<string?>("--groups", "--group-column")
        {
            Description = "columns of metadata by which to compare images (sex, age, view), with commas",
            HelpName = "COLUMN",
        };
        var metadata = new Option<string?>("--metadata")
        {
            Description = "the CSV with these columns, a row per image or patient (default: the dataset's own CSV)",
            HelpName = "FILE",
        };
        var bands = new Option<string?>("--bands")
        {
            Description = "where bands of a numeric column begin (default: 20,40,60,80)",
            HelpName = "N,N",
        };
        var predictions = new Option<string?>("--predictions")
        {
            Description = "write image, patient, targets and probabilities",
            HelpName = "OUT.csv|OUT.parquet",
        };
        var viaHeads = new Option<bool>("--via-heads")
        {
            Description = "answer each label from all heads that were trained on the same finding, by whatever name",
        };
        var combine = new Option<string>("--combine")
        {
            Description = "with --via-heads: how several heads become one answer",
            HelpName = "mean|max",
            DefaultValueFactory = _ => "mean",
        };
        var badImages = CommonOptions.BadImages();
        var json = CommonOptions.Json("the figures");
        var quiet = CommonOptions.Quiet();
        split.AcceptOnlyFromAmong("train", "val", "validation", "test");
        combine.AcceptOnlyFromAmong("mean", "max");
        var command = new Command("evaluate", Help)
        {
            config, dataset, split, crops, labels, threshold, intervals, seed, groups, metadata, bands, predictions, viaHeads, combine,
            badImages, json, quiet,
        };
        var arguments = new ModelArguments(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var silent = parsed.GetValue(quiet);
            if (parsed.GetValue(predictions) is { } table)
            {
                PredictionFile.IsParquet(table);
                OutputPath.CheckFile(table, "--predictions");
            }

            if (!parsed.GetValue(viaHeads) && parsed.IsGiven(combine))
                throw Error("--combine", "has no effect without --via-heads", "Give both, or none.");

            var catalogue = await CatalogueFile.LoadAsync(parsed.GetRequiredValue(config), terminal, silent, cancellationToken)
                .ConfigureAwait(false);
            var chosen = services.GetRequiredService<ArkDatasets>().Create(catalogue.Get(parsed.GetRequiredValue(dataset)));
            var options = new EvaluationOptions
            {
                Split = ModelArguments.Split(parsed.GetValue(split)!),
                Crops = parsed.GetValue(crops),
                AcrossHeads = !parsed.GetValue(viaHeads)
                    ? null
                    : parsed.GetValue(combine) == "max" ? HeadCombination.Max
                    : HeadCombination.Mean,
                Labels = parsed.GetValue(labels)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
                Scoring = new ScoringOptions
                {
                    Threshold = parsed.GetValue(threshold) is >= 0 and <= 1 and var x
                        ? x
                        : throw Error("--threshold", "is no probability", "Give a number from 0 to 1."),
                    Replicates = Numbers.AtLeast(0, parsed.GetValue(intervals), "--intervals"),
                    Seed = parsed.GetValue(seed),
                },
                Groups = Groups(parsed.GetValue(groups), parsed.GetValue(metadata), parsed.GetValue(bands)),
                BatchSize = arguments.BatchSize(parsed),
                Workers = arguments.Workers(parsed),
                Precision = arguments.Precision(parsed),
                BadImages = parsed.Policy(badImages),
            };
            using var model = arguments.Load(parsed);
            DatasetEvaluation evaluation;
            using (var reporter = new ConsoleReporter(terminal, silent))
                evaluation = await services
                    .GetRequiredService<IArkEvaluator>()
                    .EvaluateAsync(model, chosen, options, reporter, cancellationToken)
                    .ConfigureAwait(false);
            // The figures first: a file that cannot be written does not take them with it.
            if (parsed.GetValue(json) != "-") EvaluationTable.Write(terminal, evaluation);
            if (parsed.GetValue(json) is { } path) await JsonOutput.WriteAsync(terminal, path, evaluation.ToJson()).ConfigureAwait(false);
            if (parsed.GetValue(predictions) is { } file)
                await PredictionFile.WriteAsync(file, evaluation.Predictions!, cancellationToken).ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static GroupColumn[] Groups(string? columns, string? metadata, string? bands)
    {
        if (columns is null)
        {
            if (metadata is not null) throw Error("--metadata", "is of no use without a column", "Name one or more (--groups COLUMN).");
            if (bands is not null) throw Error("--bands", "is of no use without a column", "Name one (--groups COLUMN).");
            return [];
        }

        var bounds = bands?.Split(',', StringSplitOptions.TrimEntries).Select(b => double.TryParse(
            b, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound) && double.IsFinite(bound)
            ? bound
            : throw Error("--bands", $"'{b}' is no number", "Give the numbers where bands begin, such as 40,60.")).ToArray();
        return [.. columns.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(c => new GroupColumn(c)
        {
            Metadata = metadata,
            Bands = bounds,
        })];
    }

    private static ArkInputException Error(string option, string problem, string hint) =>
        new("command line", $"option '{option}'", problem, hint);
}
