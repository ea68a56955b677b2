namespace Ark.Data;

/// <summary>How a <see cref="BatchLoader"/> reads its samples.</summary>
internal sealed record BatchLoaderOptions
{
    /// <summary>Samples per batch.</summary>
    /// <value>At least 1; 32 by default.</value>
    public int BatchSize { get; init; } = 32;

    /// <summary>Threads that decode and transform. The result does not depend on it.</summary>
    /// <value>At least 1; by default one per processor.</value>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Batches that may be prepared ahead of the consumer, which bounds the memory.</summary>
    /// <value>At least 1; by default 2, or as many as give every worker two images.</value>
    public int? Prefetch { get; init; }

    /// <summary>Whether every epoch has its own random order.</summary>
    /// <value><see langword="false"/> by default: list order.</value>
    public bool Shuffle { get; init; }

    /// <summary>Whether a last batch that is not full is left out.</summary>
    /// <value><see langword="false"/> by default.</value>
    public bool DropLast { get; init; }

    /// <summary>The run's seed, which decides order and augmentation.</summary>
    /// <value>0 by default.</value>
    public ulong Seed { get; init; }

    /// <summary>Tells the random streams of a run's datasets apart.</summary>
    /// <value>0 by default; a run gives each of its datasets a number of its own.</value>
    public ulong DatasetKey { get; init; }

    /// <summary>What to do with an image that cannot be read.</summary>
    /// <value><see cref="BadImagePolicy.Stop"/> by default.</value>
    public BadImagePolicy BadImages { get; init; }

    /// <summary>Hears of every image that is left out, once per loader, in reading order, on the consumer's flow of control.</summary>
    /// <value>None by default.</value>
    public Action<SkippedImage>? OnSkipped { get; init; }

    /// <summary>Where the image buffers come from.</summary>
    /// <value>By default a pool of the loader's own; loaders that are read in turn should share one.</value>
    public BatchBufferPool? Pool { get; init; }

    /// <summary>
    /// Keeps decoded and resized images on disk, so that later epochs need not decode them again. The views are the same ones.
    /// </summary>
    /// <value>None by default. The loader does not dispose it; several loaders may share one.</value>
    public ImageCache? Cache { get; init; }

    /// <summary>The list that the samples come from, for messages.</summary>
    /// <value>None by default.</value>
    public string? Source { get; init; }
}
