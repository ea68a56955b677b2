using Ark.Data;

namespace Ark.Inference;

/// <summary>
/// Writes the embeddings of many images to a file: streamed, in the order of the input, and resumable. While it works, everything is in the
/// folder <c>PATH.partial</c>; asked again for the same, it goes on from there. An image that cannot be read is listed and has no row.
/// Thread-safe.
/// </summary>
public sealed class EmbeddingExtractor
{
    private readonly IImageDecoder _decoder;
    private readonly EmbeddingFormats _formats;

    /// <summary>Creates an extractor that knows the formats of this package.</summary>
    /// <param name="decoder">Decodes images.</param>
    public EmbeddingExtractor(IImageDecoder decoder)
        : this(decoder, [])
    {
    }

    internal EmbeddingExtractor(IImageDecoder decoder, IEnumerable<EmbeddingFormat> added) =>
        (_decoder, _formats) = (decoder, new EmbeddingFormats(added));

    /// <summary>Extracts embeddings.</summary>
    /// <param name="model">The model; borrowed.</param>
    /// <param name="images">The images; at least one.</param>
    /// <param name="path">The file to write; its ending chooses the format: <c>.safetensors</c>, <c>.npz</c> or <c>.csv</c>;
    /// <c>.parquet</c> too in a host that has called <c>AddTraining</c>.</param>
    /// <param name="options">How; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Is told what happens; may be called from any thread.</param>
    /// <param name="cancellationToken">Stops after the current batch; what is done so far is kept for the next call.</param>
    /// <returns>What it came to.</returns>
    /// <exception cref="ArkInputException">The path or its ending cannot be used, none of the images can be read, or the model has no such
    /// embedding.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<ExtractionResult> ExtractAsync(
        LoadedModel model, IReadOnlyList<NamedImage> images, string path, ExtractionOptions? options = null,
        IProgress<WorkProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ExtractionOptions();
        if (images.Count == 0)
            throw new ArkInputException(path, null, "there are no images to embed", "Name a folder or a list that has some.");
        var format = _formats.OfPath(path, tokens: options.Kind == EmbeddingKind.Tokens);
        return await OwnThread.RunAsync(() =>
        {
            var runner = new ModelRunner(model, options.Precision);
            var shape = runner.ShapeOf(options.Kind);
            using var work = EmbeddingWork.Open(path, EmbeddingJob.Of(model, images, options, shape));
            var resumed = work.Done;
            if (work.Done < images.Count) Read(runner, images, options, work, progress, cancellationToken);
            if (work.Rows == 0)
            {
                // Nothing is worth going on from, and once the cause is mended the same images shall be read again.
                work.Discard();
                throw new ArkInputException(
                    path, null, $"none of the {images.Count} images can be read", $"The first reason: {work.Bad[0].Value}");
            }

            var file = new EmbeddingContent(work.RowsPath, work.Names, shape, work.Job.Describe());
            work.Finish(target => format.Write(file, target, cancellationToken));
            return new ExtractionResult(path, shape, work.Names.Count, resumed, work.Bad);
        }, cancellationToken).ConfigureAwait(false);
    }

    private void Read(
        ModelRunner runner, IReadOnlyList<NamedImage> images, ExtractionOptions options, EmbeddingWork work,
        IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var first = work.Done;
        var samples = new ImageSample[images.Count - first];
        for (var i = 0; i < samples.Length; i++) samples[i] = new ImageSample(images[first + i].Image, []);
        var failures = new Dictionary<int, string>();
        var reader = new DatasetReader(_decoder, new ReadingOptions
        {
            BatchSize = options.BatchSize,
            Workers = options.Workers,
            BadImages = BadImagePolicy.Skip,
            OnSkipped = skipped => failures.Add(first + skipped.Index, skipped.Reason),
            Before = first,
            What = "embedding",
        });
        try
        {
            float[] Embed(Batch batch) => runner.Embed(batch.Images, batch.Count, options.Kind);
            foreach (var rows in reader.Read(samples, runner.Transform, Embed, progress, cancellationToken))
            {
                for (var i = 0; i < rows.Count; i++)
                {
                    var at = first + rows.Indices[i];
                    AppendFailures(at);
                    work.Append(images[at].Name, rows[i]);
                }

                work.Flush();
            }
        }
        catch (ArkInputException) when (failures.Count == samples.Length)
        {
            // That none of the rest can be read is told, and matters only where there is no row at all.
        }
        finally
        {
            work.Flush();
        }

        AppendFailures(images.Count);
        work.Flush();

        void AppendFailures(int before)
        {
            while (work.Done < before) work.AppendBad(images[work.Done].Name, failures[work.Done]);
        }
    }
}
