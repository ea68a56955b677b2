using Ark.Data;

namespace Ark.Inference;

/// <summary>
/// Reads images through a function, batch by batch and in order. Workers prepare images ahead; the function runs on the calling thread.
/// </summary>
/// <param name="decoder">Decodes images.</param>
/// <param name="options">How to read.</param>
internal sealed class DatasetReader(IImageDecoder decoder, ReadingOptions options)
{
    /// <summary>Reads batches that are prepared elsewhere.</summary>
    /// <param name="batches">The batches; each is disposed once it is computed.</param>
    /// <param name="compute">Gives a row for each sample of a batch.</param>
    /// <returns>The rows of each batch.</returns>
    public static IEnumerable<BatchRows> Read(IEnumerable<Batch> batches, Func<Batch, float[]> compute)
    {
        foreach (var batch in batches)
        {
            BatchRows rows;
            using (batch) rows = new BatchRows(batch.Indices, compute(batch));
            yield return rows;
        }
    }

    /// <summary>Reads samples.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="transform">Makes their views.</param>
    /// <param name="compute">Gives a row for each sample of a batch.</param>
    /// <param name="progress">Is told about every batch, once the caller is done with it, and every image that is left out.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The rows of each batch.</returns>
    public IEnumerable<BatchRows> Read(
        IReadOnlyList<ImageSample> samples, IImageTransform transform, Func<Batch, float[]> compute, IProgress<WorkProgress>? progress,
        CancellationToken cancellationToken)
    {
        var (done, total) = (options.Before, options.Before + samples.Count);
        var loader = new BatchLoader(samples, transform, decoder, new BatchLoaderOptions
        {
            // Of ten crops a tenth as many images make a batch of the same size.
            BatchSize = Math.Max(1, options.BatchSize / transform.Views),
            Workers = options.Workers,
            BadImages = options.BadImages,
            Source = options.Source,
            OnSkipped = skipped =>
            {
                options.OnSkipped?.Invoke(skipped);
                progress?.Report(new WorkProgress(options.What, done, total) { Warning = $"left out {skipped.Reason}" });
            },
        });
        foreach (var rows in Read(loader.ReadAsync(0, cancellationToken).ToBlockingEnumerable(cancellationToken), compute))
        {
            yield return rows;
            done = options.Before + rows.Indices[^1] + 1;
            progress?.Report(new WorkProgress(options.What, done, total));
        }
    }

    /// <summary>Reads samples whose rows are kept.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="transform">Makes their views.</param>
    /// <param name="compute">Gives a row for each sample of a batch.</param>
    /// <param name="progress">Is told what happens.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>A row for each sample; <see langword="null"/> for those that cannot be read.</returns>
    public float[]?[] ReadAll(
        IReadOnlyList<ImageSample> samples, IImageTransform transform, Func<Batch, float[]> compute, IProgress<WorkProgress>? progress,
        CancellationToken cancellationToken)
    {
        var kept = new float[]?[samples.Count];
        foreach (var rows in Read(samples, transform, compute, progress, cancellationToken))
        {
            for (var i = 0; i < rows.Count; i++) kept[rows.Indices[i]] = rows[i].ToArray();
        }

        return kept;
    }

    /// <summary>Reads samples through all heads of a model.</summary>
    /// <param name="runner">Runs the model; borrowed.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="progress">Is told what happens.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>For each sample that can be read its index and the logits of each of its views, <c>[Views, LogitCount]</c>.</returns>
    public IEnumerable<(int Index, float[] Logits)> ReadLogits(
        ModelRunner runner, IReadOnlyList<ImageSample> samples, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var transform = options.Crops == 1 ? runner.Transform : runner.TenCrop;
        float[] Logits(Batch batch) => runner.Logits(batch.Images, batch.Count * batch.Views);
        foreach (var rows in Read(samples, transform, Logits, progress, cancellationToken))
        {
            for (var i = 0; i < rows.Count; i++) yield return (rows.Indices[i], rows[i].ToArray());
        }
    }
}
