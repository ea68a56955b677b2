using System.Collections.Concurrent;

namespace Ark.Data;

/// <summary>
/// Reads samples in batches, some of them ahead of the consumer. Order and draws depend on seed, epoch and sample alone, never on the number of workers. Resized pictures stay in memory, up
/// to a limit, so that later epochs decode nothing.
/// </summary>
internal sealed class SegmentationLoader(IReadOnlyList<SegmentationSample> samples, SegmentationTransform transform, IImageDecoder decoder, int batchSize, int workers, ulong seed)
{
    private const long MostKept = 1L << 30;

    // Streams of randomness are named by what they are for.
    private const ulong OrderStream = 11;
    private const ulong DrawStream = 12;

    private readonly ConcurrentDictionary<int, PreparedPicture> _kept = new();
    private long _size;

    /// <summary>Steps of an epoch. A last batch of one sample is left out: batch normalisation over one pooled value is undefined.</summary>
    public int TrainingBatchCount => (samples.Count / batchSize) + (samples.Count % batchSize > 1 ? 1 : 0);

    /// <summary>One epoch in its own order.</summary>
    /// <param name="epoch">Names order and draws.</param>
    /// <param name="firstBatch">Batches to pass over: a resumed epoch goes on where it was left.</param>
    /// <param name="augment">Whether samples are changed.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public IEnumerable<SegmentationBatch> ReadForTraining(int epoch, int firstBatch, bool augment, CancellationToken cancellationToken)
    {
        int[] order = [.. Enumerable.Range(0, samples.Count)];
        new RandomStream(seed, OrderStream, (ulong)epoch).Shuffle<int>(order);
        return Read(order.Chunk(batchSize).Take(TrainingBatchCount).Skip(firstBatch), index => augment ? new RandomStream(seed, DrawStream, (ulong)epoch, (ulong)index) : null, cancellationToken);
    }

    /// <summary>Every sample in list order, as it is.</summary>
    public IEnumerable<SegmentationBatch> ReadInOrder(CancellationToken cancellationToken) =>
        Read(Enumerable.Range(0, samples.Count).Chunk(batchSize), _ => null, cancellationToken);

    private IEnumerable<SegmentationBatch> Read(IEnumerable<int[]> batches, Func<int, RandomStream?> streamOf, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ahead = new Queue<Task<SegmentationBatch>>();
        try
        {
            foreach (var batch in batches)
            {
                ahead.Enqueue(Task.Run(() => Prepare(batch, streamOf, stop.Token), stop.Token));
                if (ahead.Count > workers) yield return ahead.Dequeue().GetAwaiter().GetResult();
            }

            while (ahead.Count > 0) yield return ahead.Dequeue().GetAwaiter().GetResult();
        }
        finally
        {
            stop.Cancel();
            // What is still being prepared uses the token; its failures are not wanted any more.
            Task.WhenAll(ahead).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    private SegmentationBatch Prepare(int[] indices, Func<int, RandomStream?> streamOf, CancellationToken cancellationToken)
    {
        var pixels = transform.Size.Pixels;
        var batch = new SegmentationBatch(indices, new float[indices.Length * 3 * pixels], new float[indices.Length * transform.Structures * pixels]);
        for (var i = 0; i < indices.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var picture = _kept.TryGetValue(indices[i], out var kept) ? kept : Keep(indices[i], PreparedPicture.Of(samples[indices[i]], decoder, transform.Size));
            transform.Write(picture, streamOf(indices[i]), batch.Images.AsSpan(i * 3 * pixels, 3 * pixels), batch.Targets.AsSpan(i * transform.Structures * pixels, transform.Structures * pixels));
        }

        return batch;
    }

    private PreparedPicture Keep(int index, PreparedPicture picture)
    {
        if (Volatile.Read(ref _size) + picture.Size <= MostKept && _kept.TryAdd(index, picture)) Interlocked.Add(ref _size, picture.Size);
        return picture;
    }
}
