using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// Fine-tunes a backbone on one dataset, as the published benchmark does: several trials with different seeds, early stopping on the validation loss, the weights of the best epoch tested
/// on ten crops, mean and deviation over the trials. The test split takes part in no choice. Thread-safe.
/// </summary>
/// <param name="decoder">Decodes images.</param>
public sealed class FineTuner(IImageDecoder decoder)
{
    /// <summary>Runs all trials.</summary>
    /// <param name="dataset">The dataset.</param>
    /// <param name="options">How.</param>
    /// <param name="directory">Where <c>results.json</c>, <c>results.csv</c> and each trial's weights go; <see langword="null"/> to keep nothing.</param>
    /// <param name="progress">Is told what happens; may be called from any thread.</param>
    /// <param name="cancellationToken">Ends the work at the next step.</param>
    /// <returns>The figures.</returns>
    /// <exception cref="ArkInputException">An option, a list, an image or the weight file cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<FineTuningResult> RunAsync(ArkDataset dataset, FineTuningOptions options, string? directory = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.Device != "cpu" && !cuda.is_available()) throw new ArkInputException("fine-tuning options", "'Device'", "no CUDA device can be used here", "Use the cpu.");
        var configuration = FineTuningModels.Configure(options, dataset.Name, dataset.Adapter.Labels);
        var data = (await PreparedDataset.ReadAsync([dataset], cancellationToken).ConfigureAwait(false))[0];
        var reporter = new ProgressReporter(progress);
        if (data.SelectsOnTest) reporter.Message($"{data.Name}: validation and test are the same images, so the test figures are not independent of the choice of epoch.", warning: true);
        if (directory is not null) MakeDirectory(directory);
        reporter.Begin(options.Epochs, (long)options.Trials * options.Epochs * BatchSource.BatchCount(data.Train.Count, options.BatchSize), 0);
        return await Task.Factory.StartNew(() =>
        {
            var trials = new List<FineTuningTrial>();
            var skipped = new List<string>();
            for (var t = 0; t < options.Trials; t++)
            {
                using var trial = new FineTuningSession(configuration, data, options, t, decoder, reporter);
                var path = directory is null ? null : Path.Combine(directory, $"trial-{t + 1}.safetensors");
                trials.Add(trial.Run(path, cancellationToken));
                skipped.AddRange(trial.SkippedImages);
            }

            var result = new FineTuningResult(data.Name, trials, [.. skipped.Distinct(StringComparer.Ordinal)]);
            if (directory is not null) Write(directory, result);
            return result;
        }, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    private static void MakeDirectory(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArkInputException(directory, null, $"cannot be used: {e.Message.TrimEnd('.')}", "Choose another folder (--out).", e);
        }
    }

    private static void Write(string directory, FineTuningResult result)
    {
        AtomicFile.WriteAllText(Path.Combine(directory, "results.json"), result.ToJson().ToJsonString() + "\n");
        AtomicFile.WriteAllText(Path.Combine(directory, "results.csv"), result.ToCsv());
    }
}
