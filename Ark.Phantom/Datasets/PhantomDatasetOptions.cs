namespace Ark.Phantom;

/// <summary>Which phantom datasets are written, and how large.</summary>
public sealed record PhantomDatasetOptions
{
    /// <summary>The least <see cref="Count"/>: below it a split could not hold both outcomes of every label.</summary>
    public const int MinCount = 160;

    /// <summary>The greatest <see cref="Count"/>.</summary>
    public const int MaxCount = 1_000_000;

    /// <summary>Images in all, over the four datasets and their splits; each dataset rounds its share to whole images.</summary>
    /// <value>5120 by default.</value>
    public int Count { get; init; } = 5120;

    /// <summary>The seed of patients, findings, splits and pictures.</summary>
    /// <value>0 by default.</value>
    public ulong Seed { get; init; }

    /// <summary>Whether the structure masks are written too: seven more PNGs per image.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool Masks { get; init; }

    /// <summary>How many pictures are rendered at once; it does not change what is written.</summary>
    /// <value>The number of processors by default.</value>
    public int Parallelism { get; init; } = Environment.ProcessorCount;
}
