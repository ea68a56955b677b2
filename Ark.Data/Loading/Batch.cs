namespace Ark.Data;

/// <summary>
/// Some prepared samples, in buffers that go back to their loader when the batch is disposed: copy what must live longer
/// (a tensor over the array must not outlive the batch). Not thread-safe.
/// </summary>
public sealed class Batch : IDisposable
{
    private readonly Action<BatchBuffers> _release;
    private BatchBuffers? _buffers;

    internal Batch(BatchBuffers buffers, int count, IReadOnlyList<int> indices, int views, int height, int width, int labels, Action<BatchBuffers> release)
    {
        _buffers = buffers;
        _release = release;
        Count = count;
        Indices = indices;
        Views = views;
        Height = height;
        Width = width;
        LabelCount = labels;
    }

    /// <summary>How many samples the batch holds; at least 1. The arrays may be longer.</summary>
    public int Count { get; }

    /// <summary>Views of each image.</summary>
    public int Views { get; }

    /// <summary>Rows of a view.</summary>
    public int Height { get; }

    /// <summary>Columns of a view.</summary>
    public int Width { get; }

    /// <summary>Labels of each sample.</summary>
    public int LabelCount { get; }

    /// <summary>Which samples these are: indices among the loader's samples, in the order of the batch.</summary>
    public IReadOnlyList<int> Indices { get; }

    /// <summary>The views, <c>[Count, Views, 3, Height, Width]</c>; what lies behind in the array has no meaning.</summary>
    /// <exception cref="ObjectDisposedException">The batch is disposed.</exception>
    public float[] Images => (_buffers ?? throw new ObjectDisposedException(nameof(Batch))).Images;

    /// <summary>The targets, <c>[Count, LabelCount]</c>; what lies behind in the array has no meaning.</summary>
    /// <exception cref="ObjectDisposedException">The batch is disposed.</exception>
    public float[] Targets => (_buffers ?? throw new ObjectDisposedException(nameof(Batch))).Targets;

    /// <summary>How many values of <see cref="Images"/> have a meaning.</summary>
    public int ImagesLength => Count * Views * 3 * Height * Width;

    /// <summary>How many values of <see cref="Targets"/> have a meaning.</summary>
    public int TargetsLength => Count * LabelCount;

    /// <summary>Gives the buffers back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffers, null) is { } buffers) _release(buffers);
    }
}
