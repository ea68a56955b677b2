using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Training;

/// <summary>
/// Fine-tunes a backbone on one dataset, as the published benchmark does: several trials with different seeds, early stopping on the validation loss, the weights of the best epoch tested
/// on ten crops, mean and deviation over the trials. The test split takes part in no choice. Thread-safe.
/// </summary>
/// <param name="decoder">Decodes images.</param>
/// <param name="meters">Makes the meter that hosts listen to; see <see cref="ArkDiagnostics"/>.</param>
public sealed class FineTuner(IImageDecoder decoder, IMeterFactory? meters = null)
{
    private readonly ArkInstruments _instruments = new(meters);

    /// <summary>Runs all trials.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="options">How.</param>
    /// <param name="directory">
    /// Where <c>results.json</c>, <c>results.csv</c>, each trial's weights and, while it goes on, its state go; must hold no other run's. <see langword="null"/> to keep nothing.
    /// </param>
    /// <param name="progress">Is told what happens; may be called from any thread.</param>
    /// <param name="cancellationToken">Ends the work at the next step; the trials that have ended, and the state of the one that has not, are kept.</param>
    /// <returns>The figures.</returns>
    /// <exception cref="ArkInputException">An option, a list, an image, the weight file or the folder cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="TrainingStoppedException">The folder cannot be written any more, or training diverged.</exception>
    public Task<FineTuningResult> RunAsync(ArkDataset dataset, FineTuningOptions options, string? directory = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        RunAsync(dataset, options, directory is null ? null : new FineTuningFolder(directory), resume: false, origin: null, progress, cancellationToken);

    /// <summary>Goes on with a fine-tuning that was stopped: with the next step of the trial that was stopped, and the trials after it, which come to what they would have.</summary>
    /// <param name="dataset">The dataset, with the lists that it had.</param>
    /// <param name="options">The options that it began with.</param>
    /// <param name="directory">Its folder.</param>
    /// <param name="progress">Is told what happens; may be called from any thread.</param>
    /// <param name="cancellationToken">Ends the work at the next step; the trials that have ended, and the state of the one that has not, are kept.</param>
    /// <returns>The figures of all trials.</returns>
    /// <exception cref="ArkInputException">The folder holds no fine-tuning or another one; or as for a new one.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="TrainingStoppedException">The folder cannot be written any more, or training diverged.</exception>
    public Task<FineTuningResult> ResumeAsync(ArkDataset dataset, FineTuningOptions options, string directory, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default) =>
        RunAsync(dataset, options, new FineTuningFolder(directory), resume: true, origin: null, progress, cancellationToken);

    /// <summary>As the others.</summary>
    internal async Task<FineTuningResult> RunAsync(
        ArkDataset dataset, FineTuningOptions options, FineTuningFolder? folder, bool resume, JsonNode? origin, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        options.RequireDevice();
        using var held = folder?.Take(resume);
        var configuration = FineTuningModels.Configure(options, dataset.Name, dataset.Adapter.Labels);
        var data = (await PreparedDataset.ReadAsync([dataset], cancellationToken).ConfigureAwait(false))[0];
        var reporter = new ProgressReporter(progress);
        if (data.SelectsOnTest)
            reporter.Message(SharedImages.Warning(data.Name, "the test figures are not independent of the choice of epoch"), warning: true);
        var trials = new List<FineTuningTrial>();
        var skipped = new List<string>();
        if (resume && folder is not null)
        {
            var (ended, left) = folder.ReadTrials(data, options);
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
                if (t == 0 && !resume) folder?.Begin(data, options, origin);
                trials.Add(Train(task, folder, t, data, options, reporter, cancellationToken));
                skipped.AddRange(task.SkippedImages);
                folder?.Write(Result());
                folder?.DeleteStates(t);
            }

            if (cache?.WriteFailure is { } failure) reporter.Message($"the image cache was not written to the end: {failure}", warning: true);
            return Result();
        }, cancellationToken).ConfigureAwait(false);
    }

    private FineTuningTrial Train(
        FineTuningTask task, FineTuningFolder? folder, int trial, PreparedDataset data, FineTuningOptions options, ProgressReporter reporter, CancellationToken cancellationToken)
    {
        using var directory = folder?.OpenTrial(trial, options.MaxCheckpoints);
        using var loop = new TrainingLoop(task, options, directory, directory is not null && RunCheckpoints.HasState(directory, options.MaxCheckpoints), reporter, _instruments);
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
