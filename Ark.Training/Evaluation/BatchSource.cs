using System.Collections.Concurrent;
using Ark.Data;
using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>Opens loaders over samples, and turns their batches into tensors.</summary>
/// <param name="decoder">Decodes images.</param>
/// <param name="batchSize">Images of a step; of a batch that is only read, views.</param>
/// <param name="workers">Threads that prepare images.</param>
/// <param name="badImages">What becomes of images that cannot be read.</param>
/// <param name="seed">What order and draws come from.</param>
/// <param name="cache">Keeps decoded images; <see langword="null"/> for none.</param>
/// <param name="onSkipped">Is told of each image that is left out, once.</param>
internal sealed class BatchSource(
    IImageDecoder decoder, int batchSize, int workers, BadImagePolicy badImages, ulong seed = 0, ImageCache? cache = null,
    Action<string>? onSkipped = null)
{
    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _skipped = new();
    private readonly BatchBufferPool _pool = new();

    /// <summary>Images that could not be read and were left out, each with its reason.</summary>
    public IReadOnlyList<string> SkippedImages => [.. _skipped];

    public static int BatchCount(int samples, int batchSize) => (samples + batchSize - 1) / batchSize;

    /// <summary>How many batches <see cref="InOrder"/> makes.</summary>
    public int BatchCount(int samples, IImageTransform transform) => BatchCount(samples, SizeFor(transform));

    /// <summary>One pass for training; order and draws are named by dataset and epoch.</summary>
    /// <param name="name">What messages call the samples.</param>
    /// <param name="dataset">The dataset's number in the run; <see langword="null"/> for samples of several, which have their order
    /// already, and a key that no dataset has.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="transform">Makes the views.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="firstBatch">The batch to begin with.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public IEnumerable<Batch> Training(
        string name, int? dataset, IReadOnlyList<ImageSample> samples, IImageTransform transform, int epoch, int firstBatch,
        CancellationToken cancellationToken) =>
        Open(name, samples, transform, batchSize, shuffle: dataset is not null, dataset is { } number ? (ulong)number : ulong.MaxValue)
            .ReadAsync((ulong)epoch, firstBatch, cancellationToken)
            .ToBlockingEnumerable(cancellationToken);

    /// <summary>One pass in list order.</summary>
    public IEnumerable<Batch> InOrder(
        string name, IReadOnlyList<ImageSample> samples, IImageTransform transform, CancellationToken cancellationToken) =>
        Open(name, samples, transform, SizeFor(transform), shuffle: false)
            .ReadAsync(0, 0, cancellationToken)
            .ToBlockingEnumerable(cancellationToken);

    /// <summary>A loader of images with masks, for all passes over them.</summary>
    /// <param name="name">What messages call the samples.</param>
    /// <param name="samples">The samples.</param>
    /// <param name="transform">Makes input and target.</param>
    /// <param name="kept">Keeps pictures from pass to pass.</param>
    public SegmentationLoader Masked(
        string name, IReadOnlyList<SegmentationSample> samples, SegmentationTransform transform, KeptPictures kept) =>
        new(samples, transform, decoder, Options(name, batchSize), kept);

    /// <summary>Takes down an image that was left out, and reports it the first time.</summary>
    public void Skip(SkippedImage image)
    {
        var skipped = $"{image.Image}: {image.Reason}";
        if (!_seen.TryAdd(skipped, true)) return;
        _skipped.Enqueue(skipped);
        onSkipped?.Invoke(skipped);
    }

    /// <summary>Copies a batch to a device.</summary>
    /// <returns>Views <c>[B, V, 3, H, W]</c>, targets <c>[B, K]</c>, and whether any target is missing.</returns>
    public static (Tensor Views, Tensor Targets, bool AnyMissing) ToTensors(Batch batch, Device device)
    {
        var views = TensorMemory.Copy(
            batch.Images.AsSpan(0, batch.ImagesLength), [batch.Count, batch.Views, 3, batch.Height, batch.Width], device);
        var targets = TensorMemory.Copy(batch.Targets.AsSpan(0, batch.TargetsLength), [batch.Count, batch.LabelCount], device);
        return (views, targets, AnyNaN(batch.Targets.AsSpan(0, batch.TargetsLength)));
    }

    private static bool AnyNaN(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            if (float.IsNaN(value)) return true;
        }

        return false;
    }

    // Ten crops of an image take the room of ten images.
    private int SizeFor(IImageTransform transform) => Math.Max(1, batchSize / transform.Views);

    private BatchLoader Open(
        string name, IReadOnlyList<ImageSample> samples, IImageTransform transform, int size, bool shuffle, ulong key = 0) =>
        new(samples, transform, decoder, Options(name, size) with { Shuffle = shuffle, DatasetKey = key });

    private BatchLoaderOptions Options(string name, int size) => new()
    {
        BatchSize = size,
        Workers = workers,
        Seed = seed,
        BadImages = badImages,
        OnSkipped = Skip,
        Pool = _pool,
        Cache = cache,
        Source = name,
    };
}
