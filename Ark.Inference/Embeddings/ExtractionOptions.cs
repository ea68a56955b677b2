using Ark.Models;

namespace Ark.Inference;

/// <summary>How embeddings are extracted.</summary>
public sealed record ExtractionOptions
{
    /// <summary>Which features.</summary>
    /// <value>The default is <see cref="EmbeddingKind.Pooled"/>.</value>
    public EmbeddingKind Kind { get; init; } = EmbeddingKind.Pooled;

    /// <summary>Images of a batch.</summary>
    /// <value>The default is 32.</value>
    public int BatchSize { get; init; } = 32;

    /// <summary>Threads that prepare images.</summary>
    /// <value>The default is 2.</value>
    public int Workers { get; init; } = 2;

    /// <summary>The arithmetic.</summary>
    /// <value>The default, <see langword="null"/>, is the one that the model was loaded for.</value>
    public InferencePrecision? Precision { get; init; }
}
