namespace Ark.Data;

/// <summary>
/// Some prepared samples. The image buffer goes back to its pool when the batch is disposed: copy what must live longer
/// (a tensor over the array must not outlive the batch). Not thread-safe.
/// </summary>
public sealed class Batch : IDisposable
{
    private readonly BatchBufferPool _pool;
    private readonly float[] _targets;
    private float[]? _images;

    internal Batch(BatchSlot slot, int number, IReadOnlyList<int> indices, IImageTransform transform, int labels, BatchBufferPool pool)
    {
        _images = slot.Images;
        _targets = slot.Targets;
        _pool = pool;
        Number = number;
        Indices = indices;
        Views = transform.Views;
        Height = transform.Height;
        Width = transform.Width;
        LabelCount = labels;
    }

    /// <summary>Which batch of the pass it is, counted from 0; batches none of whose images could be read are counted too.</summary>
    internal int Number { get; }

    /// <summary>How many samples the batch holds; at least 1. The arrays may be longer.</summary>
    public int Count => Indices.Count;

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
    public float[] Images => _images ?? throw new ObjectDisposedException(nameof(Batch));

    /// <summary>The targets, <c>[Count, LabelCount]</c>; what lies behind in the array has no meaning.</summary>
    /// <exception cref="ObjectDisposedException">The batch is disposed.</exception>
    public float[] Targets => _images is null ? throw new ObjectDisposedException(nameof(Batch)) : _targets;

    /// <summary>How many values of <see cref="Images"/> have a meaning.</summary>
    public int ImagesLength => Count * Views * 3 * Height * Width;

    /// <summary>How many values of <see cref="Targets"/> have a meaning.</summary>
    public int TargetsLength => Count * LabelCount;

    /// <summary>Gives the image buffer back.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _images, null) is { } images) _pool.Return(images);
    }
}
