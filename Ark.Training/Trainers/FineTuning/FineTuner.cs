using System.Diagnostics.Metrics;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Training;

/// <summary>
/// Fine-tunes a backbone on one dataset, as the published benchmark does: several trials with different seeds, early stopping on the
/// validation loss, the weights of the best epoch tested on ten crops, mean and deviation over the trials. The test split takes part in no
/// choice. Thread-safe.
/// </summary>
/// <param name="decoder">Decodes images.</param>
/// <param name="meters">Makes the meter that hosts listen to; see <see cref="ArkDiagnostics"/>.</param>
public sealed class FineTuner(IImageDecoder decoder, IMeterFactory? meters = null)
{
    private readonly ArkInstruments _instruments = new(meters);

    /// <summary>Runs all trials, or those that are left of a run that was stopped.</summary>
    /// <param name="run">What to fine-tune.</param>
    /// <param name="progress">Is told what happens; may be called from any thread.</param>
    /// <param name="cancellationToken">Ends the work at the next step; the trials that have ended, and the state of the one that has not,
    /// are kept.</param>
    /// <returns>The figures of all trials.</returns>
    /// <exception cref="ArkInputException">
    /// An option, a list, an image, the weight file or the folder cannot be used; or the folder of a run that is to go on holds none, or
    /// another one.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="TrainingStoppedException">The folder cannot be written any more, or training diverged.</exception>
    public async Task<FineTuningResult> FineTuneAsync(
        FineTuningRun run, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(run);
        var (dataset, options, resume) = (run.Dataset, run.Options.Clone(), run.Resume);
        options.Validate();
        options.RequireDevice();
        var folder = run.Directory is { } path ? new FineTuningFolder(path) : null;
        if (resume && folder is null)
            throw options.Error(nameof(run.Directory), "names no folder to go on in", "Give the folder that the run wrote to.");
        PreparedDataset.RequireLabels(dataset);
        using var held = folder?.Take(resume);
        var configuration = FineTuningModels.Configure(options, dataset.Name, dataset.Adapter.Labels);
        var data = (await PreparedDataset.ReadAsync([dataset], cancellationToken).ConfigureAwait(false))[0];
        var reporter = new ProgressReporter(progress);
        if (data.SelectsOnTest)
            reporter.Message(SharedImages.Warning(data.Name, "the test figures are not independent of the choice of epoch"), warning: true);
        var trials = new List<FineTuningTrial>();
        var skipped = new List<string>();
        if (resume)
        {
            var (ended, left) = folder!.ReadTrials(data, options);
            folder.DeleteStatesOf(ended.Count);
            trials.AddRange(ended);
            skipped.AddRange(left);
        }

        var steps = options.Epochs * (long)BatchSource.BatchCount(data.Train.Count, options.BatchSize);
        reporter.Begin(options.Epochs, options.Trials * steps, trials.Count * steps);
        return await OwnThread.RunAsync(() =>
        {
            using var cache = options.CacheDirectory is { } cacheFolder ? new ImageCache(cacheFolder) : null;
            FineTuningResult Result() => new(data.Name, [.. trials], [.. skipped.Distinct(StringComparer.Ordinal)]);
            for (var t = trials.Count; t < options.Trials; t++)
            {
                reporter.StepsBefore = t * steps;
                using var task = new FineTuningTask(configuration, data, options, t, decoder, cache, reporter, _instruments);
                // Only now: a folder whose run could not begin, for a damaged weight file, can be used again.
                if (t == 0 && !resume) folder?.Begin(data, options, run.Origin);
                trials.Add(Train(task, folder, t, data, options, reporter, cancellationToken));
                skipped.AddRange(task.SkippedImages);
                folder?.Write(Result());
                folder?.DeleteStates(t);
            }

            if (cache?.WriteFailure is { } failure)
                reporter.Message($"the image cache was not written to the end: {failure}", warning: true);
            return Result();
        }, cancellationToken).ConfigureAwait(false);
    }

    private FineTuningTrial Train(
        FineTuningTask task, FineTuningFolder? folder, int trial, PreparedDataset data, FineTuningOptions options,
        ProgressReporter reporter, CancellationToken cancellationToken)
    {
        using var directory = folder?.OpenTrial(trial, options.MaxCheckpoints);
        using var loop = new TrainingLoop(
            task, options, directory, directory is not null && RunCheckpoints.HasState(directory, options.MaxCheckpoints), reporter,
            _instruments);
        directory?.WriteConfig(FineTuningFolder.Configuration(task.Description, data, options.Seed + (ulong)trial));
        loop.Run(evaluationInterval: null, cancellationToken);
        loop.RestoreBest();
        var position = loop.Position;
        var test = task.Test(position, cancellationToken);
        var path = folder?.WeightsOf(trial);
        if (path is not null) folder!.Writing(() => task.SaveWeights(path));
        directory?.AppendMetrics(Json.Evaluation(test, position.BestEpoch));
        directory?.WriteReport();
        return new FineTuningTrial(options.Seed + (ulong)trial, position.Epoch, position.BestEpoch, position.BestLoss, test, path);
    }
}
