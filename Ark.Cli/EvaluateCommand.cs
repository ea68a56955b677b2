using System.CommandLine;
using System.Globalization;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Cli;

/// <summary><c>ark evaluate</c>: how well a checkpoint reads a dataset.</summary>
internal sealed class EvaluateCommand : Command
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

    private readonly IServiceProvider _services;
    private readonly Terminal _terminal;
    private readonly ModelArguments _arguments;
    private readonly Option<string> _dataset = new("--dataset")
    {
        Description = "the dataset, and so the head",
        HelpName = "NAME",
        Required = true,
    };
    private readonly Option<string> _split = new("--split")
    {
        Description = "which part",
        HelpName = "train|val|test",
        DefaultValueFactory = _ => "test",
    };
    private readonly Option<int> _crops = new("--crops")
    {
        Description = "views of an image whose probabilities are averaged",
        HelpName = "1|10",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<string?> _labels = new("--labels")
    {
        Description = "the labels to report, with commas (default: the catalogue's test labels, or all)",
        HelpName = "A,B",
    };
    private readonly Option<double> _threshold = new("--threshold")
    {
        Description = "the probability from which a label is called present",
        HelpName = "X",
        DefaultValueFactory = _ => 0.5,
        CustomParser = Numbers.ParseDouble,
    };
    private readonly Option<int> _intervals = new("--intervals")
    {
        Description = "bootstrap replicates for 95 % intervals, by patient where patients are known; 0 for none",
        HelpName = "N",
        DefaultValueFactory = _ => 0,
    };
    private readonly Option<ulong> _seed = new("--seed")
    {
        Description = "what the replicates are drawn from",
        HelpName = "N",
        DefaultValueFactory = _ => 42,
    };
    private readonly Option<string?> _groups = new("--groups", "--group-column")
    {
        Description = "columns of metadata by which to compare images (sex, age, view), with commas",
        HelpName = "COLUMN",
    };
    private readonly Option<string?> _metadata = new("--metadata")
    {
        Description = "the CSV with these columns, a row per image or patient (default: the dataset's own CSV)",
        HelpName = "FILE",
    };
    private readonly Option<string?> _bands = new("--bands")
    {
        Description = "where bands of a numeric column begin (default: 20,40,60,80)",
        HelpName = "N,N",
    };
    private readonly Option<string?> _predictions = new("--predictions")
    {
        Description = "write image, patient, targets and probabilities",
        HelpName = "OUT.csv|OUT.parquet",
    };
    private readonly Option<bool> _viaHeads = new("--via-heads")
    {
        Description = "answer each label from all heads that were trained on the same finding, by whatever name",
    };
    private readonly Option<string> _combine = new("--combine")
    {
        Description = "with --via-heads: how several heads become one answer",
        HelpName = "mean|max",
        DefaultValueFactory = _ => "mean",
    };
    private readonly Option<string> _config = CommonOptions.Config();
    private readonly Option<string> _badImages = CommonOptions.BadImages();
    private readonly Option<string?> _json = CommonOptions.Json("the figures");
    private readonly Option<bool> _quiet = CommonOptions.Quiet();

    private EvaluateCommand(IServiceProvider services, Terminal terminal)
        : base("evaluate", Help)
    {
        (_services, _terminal) = (services, terminal);
        _split.AcceptOnlyFromAmong("train", "val", "validation", "test");
        _combine.AcceptOnlyFromAmong("mean", "max");
        Option[] options =
        [
            _config, _dataset, _split, _crops, _labels, _threshold, _intervals, _seed, _groups, _metadata, _bands, _predictions, _viaHeads,
            _combine, _badImages, _json, _quiet,
        ];
        foreach (var option in options) Options.Add(option);
        _arguments = new ModelArguments(this);
        SetAction(RunAsync);
    }

    public static Command Create(IServiceProvider services, Terminal terminal) => new EvaluateCommand(services, terminal);

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var silent = parsed.GetValue(_quiet);
        if (parsed.GetValue(_predictions) is { } table)
        {
            PredictionFile.IsParquet(table);
            OutputPath.CheckFile(table, "--predictions");
        }

        if (!parsed.GetValue(_viaHeads) && parsed.IsGiven(_combine))
            throw Error("--combine", "has no effect without --via-heads", "Give both, or none.");

        var catalogue = await CatalogueFile.LoadAsync(parsed.GetRequiredValue(_config), _terminal, silent, cancellationToken)
            .ConfigureAwait(false);
        var chosen = _services.GetRequiredService<ArkDatasets>().Create(catalogue.Get(parsed.GetRequiredValue(_dataset)));
        var options = OptionsOf(parsed);
        using var model = _arguments.Load(parsed, _terminal);
        DatasetEvaluation evaluation;
        using (var reporter = new ConsoleReporter(_terminal, silent))
            evaluation = await _services
                .GetRequiredService<IArkEvaluator>()
                .EvaluateAsync(model, chosen, options, reporter, cancellationToken)
                .ConfigureAwait(false);
        // The figures first: a file that cannot be written does not take them with it.
        if (parsed.GetValue(_json) != "-") EvaluationTable.Write(_terminal, evaluation);
        if (parsed.GetValue(_json) is { } path) await JsonOutput.WriteAsync(_terminal, path, evaluation.ToJson()).ConfigureAwait(false);
        if (parsed.GetValue(_predictions) is { } file)
            await PredictionFile.WriteAsync(file, evaluation.Predictions!, cancellationToken).ConfigureAwait(false);
        return ExitCode.Done;
    }

    private EvaluationOptions OptionsOf(ParseResult parsed) => new()
    {
        Split = ModelArguments.Split(parsed.GetValue(_split)!),
        Crops = parsed.GetValue(_crops),
        AcrossHeads = !parsed.GetValue(_viaHeads)
            ? null
            : parsed.GetValue(_combine) == "max" ? HeadCombination.Max
            : HeadCombination.Mean,
        Labels = parsed.GetValue(_labels)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        Scoring = new ScoringOptions
        {
            Threshold = parsed.GetValue(_threshold) is >= 0 and <= 1 and var x
                ? x
                : throw Error("--threshold", "is no probability", "Give a number from 0 to 1."),
            Replicates = Numbers.AtLeast(0, parsed.GetValue(_intervals), "--intervals"),
            Seed = parsed.GetValue(_seed),
        },
        Groups = Groups(parsed.GetValue(_groups), parsed.GetValue(_metadata), parsed.GetValue(_bands)),
        BatchSize = _arguments.BatchSize(parsed),
        Workers = _arguments.Workers(parsed),
        Precision = _arguments.Precision(parsed),
        BadImages = parsed.Policy(_badImages),
    };

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
