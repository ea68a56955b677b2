using Ark.Data;
using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>Computes features of images batch by batch.</summary>
internal static class ImageFeatures
{
    public static float[]?[] Read(IReadOnlyList<ImageSample> samples, IImageTransform transform, IImageDecoder decoder, ReadingOptions options, IProgress<WorkProgress>? progress,
        Func<Batch, float[]> compute, CancellationToken cancellationToken)
    {
        var rows = new float[]?[samples.Count];
        var done = 0;
        var loader = new BatchLoader(samples, transform, decoder, new BatchLoaderOptions
        {
            BatchSize = options.BatchSize,
            Workers = options.Workers,
            BadImages = options.BadImages,
            Source = options.Source,
            OnSkipped = skipped => progress?.Report(new WorkProgress(options.What, done, samples.Count) { Warning = $"left out {skipped.Reason}" }),
        });
        foreach (var batch in loader.ReadAsync(0, cancellationToken).ToBlockingEnumerable(cancellationToken))
        {
            using (batch)
            {
                var values = compute(batch);
                var width = values.Length / batch.Count;
                for (var i = 0; i < batch.Count; i++) rows[batch.Indices[i]] = values.AsSpan(i * width, width).ToArray();
                done = batch.Indices[^1] + 1;
            }

            progress?.Report(new WorkProgress(options.What, done, samples.Count));
        }

        return rows;
    }
}
