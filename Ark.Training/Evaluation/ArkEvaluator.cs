namespace Ark.Training;

/// <summary>The evaluator.</summary>
/// <param name="decoder">Decodes images.</param>
public sealed class ArkEvaluator(IImageDecoder decoder) : IArkEvaluator
{
    /// <inheritdoc/>
    public async Task<DatasetEvaluation> EvaluateAsync(LoadedModel model, ArkDataset dataset, EvaluationOptions? options = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new EvaluationOptions();
        if (options.Crops is not (1 or 10)) throw new ArkInputException("evaluation options", "'crops'", $"{options.Crops} crops are not known", "Give 1 or 10.");
        var head = model.HeadOf(dataset.Name, dataset.Adapter.Labels);
        var samples = await dataset.Adapter.ReadAsync(options.Split, cancellationToken).ConfigureAwait(false);
        return await Task.Factory.StartNew(() => Read(model, head, dataset, samples, options, new ProgressReporter(progress), cancellationToken),
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    private DatasetEvaluation Read(LoadedModel model, HeadChoice head, ArkDataset dataset, IReadOnlyList<ImageSample> samples, EvaluationOptions options,
        ProgressReporter reporter, CancellationToken cancellationToken)
    {
        var labels = dataset.Adapter.Labels;
        var transform = options.Crops == 10 ? Transforms.TenCrop(model.Description.Normalization, model.Description.ImageSize) : Transforms.Evaluation(model.Description.Normalization, model.Description.ImageSize);
        var source = new BatchSource(decoder, options.BatchSize, options.Workers, options.BadImages);
        var steps = BatchSource.BatchCount(samples.Count, options.BatchSize);
        var (step, images, begun) = (0, 0, System.Diagnostics.Stopwatch.StartNew());
        var (_, predictions) = SplitReader.Read(model.Model, head.Index, labels, source.InOrder(dataset.Name, samples, transform, cancellationToken), labels.Task == LabelTask.MultiClass, model.Device, count =>
        {
            step++;
            images += count;
            if (reporter.IsDue) reporter.Report(TrainingPhase.Testing, 0, dataset.Name, step, steps, 0, imagesPerSecond: images / begun.Elapsed.TotalSeconds);
        }, head.Order);
        foreach (var skipped in source.SkippedImages) reporter.Message($"left out {skipped}", warning: true);
        return predictions.Evaluate(dataset.Name, options.Split, model.Weights, dataset.TestLabels);
    }
}
