namespace Ark.Data;

/// <summary>
/// Some prepared samples. Its buffers go back to their pools when the batch is disposed: copy what must live longer
/// (a tensor over the array must not outlive the batch). Not thread-safe.
/// </summary>
internal sealed class Batch : IDisposable
{
    private readonly LoadedBatch _batch;

    internal Batch(LoadedBatch batch, IImageTransform transform, int labels)
    {
        _batch = batch;
        Views = transform.Views;
        Height = transform.Height;
        Width = transform.Width;
        LabelCount = labels;
    }

    /// <summary>Which batch of the pass it is, counted from 0; batches none of whose images could be read are counted too.</summary>
    internal int Number => _batch.Number;

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
    public IReadOnlyList<int> Indices => _batch.Indices;

    /// <summary>The views, <c>[Count, Views, 3, Height, Width]</c>; what lies behind in the array has no meaning.</summary>
    /// <exception cref="ObjectDisposedException">The batch is disposed.</exception>
    public float[] Images => _batch.Images;

    /// <summary>The targets, <c>[Count, LabelCount]</c>; what lies behind in the array has no meaning.</summary>
    /// <exception cref="ObjectDisposedException">The batch is disposed.</exception>
    public float[] Targets => _batch.Targets;

    /// <summary>How many values of <see cref="Images"/> have a meaning.</summary>
    public int ImagesLength => Count * Views * 3 * Height * Width;

    /// <summary>How many values of <see cref="Targets"/> have a meaning.</summary>
    public int TargetsLength => Count * LabelCount;

    /// <summary>Gives the buffers back.</summary>
    public void Dispose() => _batch.Dispose();
}
