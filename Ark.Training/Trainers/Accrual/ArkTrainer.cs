using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>The trainer of every recipe of pretraining.</summary>
/// <param name="decoder">Decodes images.</param>
/// <param name="hostOptions">How runs train that do not say it themselves.</param>
/// <param name="logger">Is told of warnings and finished passes.</param>
/// <param name="meters">Makes the meter that hosts listen to; see <see cref="ArkDiagnostics"/>.</param>
internal sealed partial class ArkTrainer(
    IImageDecoder decoder,
    IOptions<TrainingOptions> hostOptions,
    ILogger<ArkTrainer>? logger = null,
    IMeterFactory? meters = null) : IArkTrainer
{
    private readonly ArkInstruments _instruments = new(meters);
    private readonly ILogger _logger = logger ?? NullLogger<ArkTrainer>.Instance;

    /// <inheritdoc/>
    public async Task<TrainingResult> TrainAsync(
        TrainingRun run, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        NativeRuntime.Ensure();
        var options = (run.Options ?? hostOptions.Value).Clone();
        using var activity = ArkInstruments.Begin("ark.train");
        Check(run, options);
        // The record of the run names it, whatever the default will be when it goes on.
        options.WarmupEpochs = options.Warmup;
        var reporter = new ProgressReporter(new LoggingProgress(this, progress));
        var isMasked = options.Recipe == TrainingRecipe.SimMim;
        var datasets = isMasked
            ? await PreparedDataset.ReadImagesAsync(run.Datasets, cancellationToken).ConfigureAwait(false)
            : await PreparedDataset.ReadAsync(run.Datasets, cancellationToken).ConfigureAwait(false);
        foreach (var dataset in datasets.Where(d => !isMasked && d.SelectsOnTest))
            reporter.Message(
                SharedImages.Warning(dataset.Name, "its test figures are not independent of the choice of checkpoint"), warning: true);
        foreach (var dataset in datasets.Where(d => isMasked && d.ValidatesOnTraining))
            reporter.Message(
                SharedImages.Warning(dataset.Name, "training", "validation", "the best checkpoint is chosen on what was learnt"),
                warning: true);

        if (options is { StopsEarly: false, Patience: > 0 })
            reporter.Message(
                "with published fidelity patience has no effect, as in the published code: the run goes on to its last epoch",
                warning: true);

        using var directory = run.Directory is null ? null : RunDirectory.Open(run.Directory, run.Resume);
        return await OwnThread.RunAsync(() =>
        {
            using var cache = options.CacheDirectory is { } folder ? new ImageCache(folder) : null;
            var source = new BatchSource(
                decoder, options.BatchSize, options.Workers, options.BadImages, options.Seed, cache,
                skipped => reporter.Message($"left out {skipped}", warning: true));
            using ITrainingTask task = isMasked
                ? new MaskedImageTask(
                    options, datasets, !run.Resume || !RunCheckpoints.HasState(directory!, options.MaxCheckpoints), source, reporter,
                    _instruments)
                : new AccrualTask(options, datasets, source, run.Resume ? directory : null, reporter, _instruments);
            using var loop = new TrainingLoop(task, options, directory, run.Resume, reporter, _instruments);
            // Only now: a folder whose run could not begin, for a name that was mistyped, can be used again.
            if (!run.Resume) directory?.WriteConfig(Configuration(run, options, datasets));
            var result = Train(task, loop, options, datasets, source, directory, reporter, cancellationToken);
            if (cache?.WriteFailure is { } failure)
                reporter.Message($"the image cache was not written to the end: {failure}", warning: true);
            return result;
        }, cancellationToken).ConfigureAwait(false);
    }

    private static TrainingResult Train(
        ITrainingTask task, TrainingLoop loop, TrainingOptions options, IReadOnlyList<PreparedDataset> datasets, BatchSource source,
        RunDirectory? directory, ProgressReporter reporter,
        CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        reporter.Begin(options.Epochs, task.Passes(0).Sum(task.StepCount) * (long)options.Epochs, loop.Position.TotalSteps);
        loop.Run(options.EvaluationInterval, cancellationToken);
        // Without labels there is nothing to test. A run that goes on after its last epoch has not been tested by this process.
        var accrual = task as AccrualTask;
        IReadOnlyList<DatasetEvaluation> evaluations = accrual is null ? []
            : accrual.Evaluations.Count > 0 ? accrual.Evaluations
            : accrual.Test(loop.Position, cancellationToken);
        var baselines = new List<DatasetEvaluation>();
        foreach (var data in accrual is not null && options.PixelBaseline ? datasets : [])
        {
            reporter.Report(TrainingPhase.Baseline, options.Epochs, data.Name, baselines.Count, datasets.Count, loop.Position.TotalSteps);
            baselines.Add(PixelBaseline.Evaluate(data, source, options.Normalization, cancellationToken));
        }

        foreach (var baseline in baselines) directory?.AppendMetrics(Json.Baseline(baseline));
        directory?.WriteReport();
        return new TrainingResult
        {
            Evaluations = evaluations,
            PixelBaselines = baselines,
            ValidationLoss = loop.Position.BestLoss,
            BestEpoch = loop.Position.BestEpoch,
            Memory = loop.Memory,
            SkippedImages = source.SkippedImages,
            PassedOver = loop.PassedOver,
            Duration = watch.Elapsed,
            Directory = directory?.FullPath,
        };
    }

    private static void Check(TrainingRun run, TrainingOptions options)
    {
        options.Validate();
        if (run.Datasets.Count == 0) throw options.Error(nameof(run.Datasets), "there are no datasets to train on", "Name at least one.");
        if (run.Datasets.GroupBy(d => d.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw options.Error(nameof(run.Datasets), $"'{twice.Key}' is named twice", "A dataset has one head: name it once.");
        if (options.SelectionDataset is { } metric && run.Datasets.All(d => d.Name != metric))
        {
            throw options.Error(nameof(options.SelectionDataset), $"'{metric}' is no dataset of this run",
                $"Leave it out for the average, or name one of: {string.Join(", ", run.Datasets.Select(d => d.Name))}.");
        }

        options.RequireDevice();
    }

    private static JsonObject Configuration(TrainingRun run, TrainingOptions options, IReadOnlyList<PreparedDataset> datasets) => new()
    {
        ["ark_version"] = typeof(ArkTrainer).Assembly.GetName().Version!.ToString(3),
        ["torchsharp_version"] = typeof(TorchSharp.torch).Assembly.GetName().Version!.ToString(3),
        ["runtime"] = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
        ["threads"] = get_num_threads(),
        ["catalogue"] = run.Catalogue,
        ["catalogue_options"] = run.CatalogueOptions is { } set
            ? new JsonObject(set.Select(o => KeyValuePair.Create(o.Key, (JsonNode?)o.Value)))
            : null,
        ["seed"] = options.Seed,
        ["options"] = OptionTables.Training.ToJson(options),
        ["datasets"] = new JsonArray([.. datasets.Select(d => new JsonObject
        {
            ["name"] = d.Name,
            ["task"] = d.Labels.Task.ToString(),
            ["labels"] = new JsonArray([.. d.Labels.Names.Select(n => (JsonNode)n)]),
            ["train"] = d.Train.Count,
            ["validation"] = d.Validation.Count,
            ["test"] = d.Test.Count,
        })]),
    };

    private sealed class LoggingProgress(ArkTrainer trainer, IProgress<TrainingProgress>? inner) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Message is { } message)
            {
                if (value.IsWarning) trainer.LogAttention(message);
                else trainer.LogProgress(message);
            }

            inner?.Report(value);
        }
    }

    [LoggerMessage(EventId = 3001, Level = LogLevel.Information, Message = "{Message}")]
    private partial void LogProgress(string message);

    [LoggerMessage(EventId = 3002, Level = LogLevel.Warning, Message = "{Message}")]
    private partial void LogAttention(string message);
}
