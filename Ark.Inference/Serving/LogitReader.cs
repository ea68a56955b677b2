using Ark.Data;

namespace Ark.Inference;

/// <summary>Reads many samples through all heads of a model, in order.</summary>
/// <param name="runner">Runs the model; borrowed.</param>
/// <param name="decoder">Decodes images.</param>
internal sealed class LogitReader(ModelRunner runner, IImageDecoder decoder)
{
    /// <summary>Reads samples on the calling thread; workers prepare them ahead.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Is told about every batch and every image that is left out.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>For each sample that can be read its index and the logits of each of its views, <c>[Views, LogitCount]</c>.</returns>
    public IEnumerable<(int Index, float[] Logits)> Read(IReadOnlyList<ImageSample> samples, ReadingOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var transform = options.Crops == 1 ? runner.Transform : runner.TenCrop;
        var done = 0;
        var loader = new BatchLoader(samples, transform, decoder, new BatchLoaderOptions
        {
            // Of ten crops a tenth as many images make a batch of the same size.
            BatchSize = Math.Max(1, options.BatchSize / transform.Views),
            Workers = options.Workers,
            BadImages = options.BadImages,
            Source = options.Source,
            OnSkipped = skipped => progress?.Report(new WorkProgress(options.What, done, samples.Count) { Warning = $"left out {skipped.Reason}" }),
        });
        foreach (var batch in loader.ReadAsync(0, cancellationToken).ToBlockingEnumerable(cancellationToken))
        {
            float[] rows;
            using (batch) rows = runner.Logits(batch.Images, batch.Count * batch.Views);
            var width = batch.Views * runner.LogitCount;
            for (var i = 0; i < batch.Count; i++) yield return (batch.Indices[i], rows.AsSpan(i * width, width).ToArray());
            done = batch.Indices[^1] + 1;
            progress?.Report(new WorkProgress(options.What, done, samples.Count));
        }
    }
}
