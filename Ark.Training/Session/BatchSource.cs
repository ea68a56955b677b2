using System.Collections.Concurrent;
using Ark.Data;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>Opens loaders over samples, and turns their batches into tensors.</summary>
internal sealed class BatchSource(IImageDecoder decoder, int batchSize, int workers, BadImagePolicy badImages, ulong seed = 0, ImageCache? cache = null)
{
    private readonly ConcurrentQueue<string> _skipped = new();
    private readonly BatchBufferPool _pool = new();

    /// <summary>Images that could not be read and were left out, each with its reason.</summary>
    public IReadOnlyList<string> SkippedImages => [.. _skipped.Distinct()];

    public static int BatchCount(int samples, int batchSize) => (samples + batchSize - 1) / batchSize;

    /// <summary>One pass for training; order and draws are named by dataset and epoch. Mixed samples have their order already, and a key that no dataset has.</summary>
    public IEnumerable<Batch> Training(DatasetPass pass, IReadOnlyList<ImageSample> samples, IImageTransform transform, int epoch, int firstBatch, CancellationToken cancellationToken) =>
        Open(pass.Name, samples, transform, shuffle: !pass.IsMixed, pass.IsMixed ? ulong.MaxValue : (ulong)pass.Datasets[0]).ReadAsync((ulong)epoch, firstBatch, cancellationToken).ToBlockingEnumerable(cancellationToken);

    /// <summary>One pass in list order.</summary>
    public IEnumerable<Batch> InOrder(string name, IReadOnlyList<ImageSample> samples, IImageTransform transform, CancellationToken cancellationToken) =>
        Open(name, samples, transform, shuffle: false).ReadAsync(0, 0, cancellationToken).ToBlockingEnumerable(cancellationToken);

    /// <summary>Puts a batch on a device. Call it within a dispose scope that ends before the batch does.</summary>
    /// <returns>Views <c>[B, V, 3, H, W]</c>, targets <c>[B, K]</c>, and whether any target is missing.</returns>
    public static (Tensor Views, Tensor Targets, bool AnyMissing) ToTensors(Batch batch, Device device)
    {
        var views = tensor(batch.Images.AsMemory(0, batch.ImagesLength), [batch.Count, batch.Views, 3, batch.Height, batch.Width]).to(device);
        var targets = tensor(batch.Targets.AsMemory(0, batch.TargetsLength), [batch.Count, batch.LabelCount]).to(device);
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

    private BatchLoader Open(string name, IReadOnlyList<ImageSample> samples, IImageTransform transform, bool shuffle, ulong key = 0) => new(samples, transform, decoder, new BatchLoaderOptions
    {
        BatchSize = batchSize,
        Workers = workers,
        Shuffle = shuffle,
        Seed = seed,
        DatasetKey = key,
        BadImages = badImages,
        OnSkipped = skipped => _skipped.Enqueue($"{skipped.Image}: {skipped.Reason}"),
        Pool = _pool,
        Cache = cache,
        Source = name,
    });
}
