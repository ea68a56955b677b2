namespace Ark.Data;

/// <summary>
/// A batch: workers fill its samples in any order, the last one to finish completes it, and whoever consumes it disposes it, which gives
/// its buffers back. One thread at a time uses a completed one.
/// </summary>
/// <param name="number">Which batch of the pass it is, from 0.</param>
/// <param name="indices">The samples of the batch.</param>
/// <param name="images">Where their pixels go; of this batch until it is disposed.</param>
/// <param name="targets">Where their targets go; likewise.</param>
/// <param name="imagePool">Where the first buffer goes back to.</param>
/// <param name="targetPool">Where the second one goes back to.</param>
internal sealed class LoadedBatch(
    int number, int[] indices, float[] images, float[] targets, BatchBufferPool imagePool, BatchBufferPool targetPool) : IDisposable
{
    private readonly Exception?[] _failures = new Exception?[indices.Length];
    private readonly TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = indices.Length;
    private float[]? _images = images;

    /// <summary>Which batch of the pass it is; batches that were left out for their bad images are counted too.</summary>
    public int Number => number;

    /// <summary>Its samples; of a batch whose gaps are closed, those that could be read.</summary>
    public IReadOnlyList<int> Indices { get; private set; } = indices;

    public int Count => Indices.Count;

    /// <summary>Sample after sample; what lies behind the last has no meaning.</summary>
    public float[] Images => _images ?? throw new ObjectDisposedException(nameof(Batch));

    /// <summary>Sample after sample; what lies behind the last has no meaning.</summary>
    public float[] Targets => _images is null ? throw new ObjectDisposedException(nameof(Batch)) : targets;

    /// <summary>Completes when every sample is prepared or has failed.</summary>
    public Task Filled => _filled.Task;

    /// <summary>Why a sample failed, or <see langword="null"/>; to be read once the batch is filled.</summary>
    public Exception? FailureAt(int position) => _failures[position];

    public void Finish(int position, Exception? failure)
    {
        _failures[position] = failure;
        // The decrement is a full fence: whoever sees zero sees every sample's buffers and failure.
        if (Interlocked.Decrement(ref _open) == 0) _filled.TrySetResult();
    }

    /// <summary>Closes the gaps that failed samples leave.</summary>
    /// <param name="imageLength">Values of a sample's pixels.</param>
    /// <param name="targetLength">Values of its targets.</param>
    public void CloseGaps(int imageLength, int targetLength)
    {
        var kept = new List<int>(indices.Length);
        for (var i = 0; i < indices.Length; i++)
        {
            if (_failures[i] is not null) continue;
            if (kept.Count < i)
            {
                Images.AsSpan(i * imageLength, imageLength).CopyTo(Images.AsSpan(kept.Count * imageLength));
                Targets.AsSpan(i * targetLength, targetLength).CopyTo(Targets.AsSpan(kept.Count * targetLength));
            }

            kept.Add(indices[i]);
        }

        Indices = kept;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _images, null) is not { } buffer) return;
        imagePool.Return(buffer);
        targetPool.Return(targets);
    }
}
