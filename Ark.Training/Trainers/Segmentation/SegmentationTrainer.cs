using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>Trains segmentation networks on one dataset. Thread-safe.</summary>
/// <param name="decoder">Decodes images and masks.</param>
/// <param name="meters">Makes the meter that hosts listen to; see <see cref="ArkDiagnostics"/>.</param>
public sealed class SegmentationTrainer(IImageDecoder decoder, IMeterFactory? meters = null)
{
    private readonly ArkInstruments _instruments = new(meters);

    /// <summary>
    /// Trains, tests the weights with the lowest validation loss, and writes the run's folder. The test split takes part in no choice.
    /// </summary>
    /// <param name="run">What to train.</param>
    /// <param name="progress">Is told what happens; may be called from any thread.</param>
    /// <param name="cancellationToken">Ends the work at the next step; the folder then holds a state to go on from.</param>
    /// <returns>The figures.</returns>
    /// <exception cref="ArkInputException">An option, a list, an image, a mask or the weight file cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="TrainingStoppedException">The folder cannot be written, or training diverged.</exception>
    public async Task<SegmentationResult> TrainAsync(
        SegmentationRun run, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        run.Options.Validate();
        run.Options.RequireDevice();
        var options = run.Options.Clone();
        var data = await PreparedSegmentation.ReadAsync(run.Dataset, cancellationToken).ConfigureAwait(false);
        var reporter = new ProgressReporter(progress);
        if (data.SelectsOnTest)
            reporter.Message(SharedImages.Warning(data.Name, "the test figures are not independent of the choice of epoch"), warning: true);
        var model = run.Resume ? null : options.Describe(data.Structures);
        using var directory = RunDirectory.Open(run.Directory, run.Resume);
        var begins = !run.Resume || !RunCheckpoints.HasState(directory, options.MaxCheckpoints);
        model ??= RunCheckpoints.ReadNewest(directory, options.MaxCheckpoints, path => SegmentationTask.ReadModel(path, options, data))
            ?? options.Describe(data.Structures);
        return await OwnThread.RunAsync(() =>
        {
            using var cache = options.CacheDirectory is { } folder ? new ImageCache(folder) : null;
            var source = new BatchSource(decoder, options.BatchSize, options.Workers, options.BadImages, options.Seed, cache,
                skipped => reporter.Message($"left out {skipped}", warning: true));
            using var task = new SegmentationTask(options, data, model, begins, source, reporter);
            using var loop = new TrainingLoop(task, options, directory, run.Resume, reporter, _instruments);
            // Only now: a folder whose run could not begin, for a name that was mistyped, can be used again.
            if (!run.Resume) directory.WriteConfig(Configuration(run, options, data));
            var result = Train(task, loop, options, data, source, directory, reporter, cancellationToken);
            if (cache?.WriteFailure is { } failure)
                reporter.Message($"the image cache was not written to the end: {failure}", warning: true);
            return result;
        }, cancellationToken).ConfigureAwait(false);
    }

    private SegmentationResult Train(
        SegmentationTask task, TrainingLoop loop, SegmentationOptions options, PreparedSegmentation data, BatchSource source,
        RunDirectory directory, ProgressReporter reporter, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        reporter.Begin(options.Epochs, task.Passes(0).Sum(task.StepCount) * (long)options.Epochs, loop.Position.TotalSteps);
        loop.Run(evaluationInterval: null, cancellationToken);
        var position = loop.Position;
        using var best = LoadedSegmenter.Load(directory.BestCheckpoint, options.Device);
        // The network's own masks, as the published test has them, and as runs had them before there was another way.
        var test = new SegmentationEvaluator(decoder).Evaluate(
            best, data.Name, data.Structures, DatasetSplit.Test, data.Test, new ScoringOptions(), stretch: false, raw: true, done =>
            {
                if (reporter.IsDue)
                    reporter.Report(TrainingPhase.Testing, position.Epoch, data.Name, done, data.Test.Count, position.TotalSteps);
            }, options.BadImages == BadImagePolicy.Skip ? source.Skip : null, cancellationToken);
        var line = test.ToJson();
        line.Insert(0, "event", DescribedCheckpoint.SegmentationKind);
        line.Insert(1, "epoch", position.BestEpoch);
        directory.AppendMetrics(line);
        directory.WriteReport();
        return new SegmentationResult
        {
            Test = test,
            BestEpoch = position.BestEpoch,
            Epochs = position.Epoch,
            ValidationLoss = position.BestLoss,
            Checkpoint = directory.BestCheckpoint,
            SkippedImages = source.SkippedImages,
            Duration = watch.Elapsed,
        };
    }

    private static JsonObject Configuration(SegmentationRun run, SegmentationOptions options, PreparedSegmentation data) => new()
    {
        ["kind"] = DescribedCheckpoint.SegmentationKind,
        ["ark_version"] = typeof(SegmentationTrainer).Assembly.GetName().Version!.ToString(3),
        ["torchsharp_version"] = typeof(TorchSharp.torch).Assembly.GetName().Version!.ToString(3),
        ["runtime"] = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
        ["threads"] = get_num_threads(),
        ["catalogue"] = run.Catalogue,
        ["catalogue_options"] = run.CatalogueOptions is { } set
            ? new JsonObject(set.Select(o => KeyValuePair.Create(o.Key, (JsonNode?)o.Value)))
            : null,
        ["seed"] = options.Seed,
        ["options"] = OptionTables.Segmentation.ToJson(options),
        ["datasets"] = new JsonArray(new JsonObject
        {
            ["name"] = data.Name,
            ["structures"] = new JsonArray([.. data.Structures.Select(s => (JsonNode)s)]),
            ["train"] = data.Train.Count,
            ["validation"] = data.Validation.Count,
            ["test"] = data.Test.Count,
        }),
    };
}
