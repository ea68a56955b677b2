using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>Where the features of a <see cref="LinearProbe"/> come from: a model, a file of embeddings, or the pixels.</summary>
public sealed class ProbeFeatures
{
    private readonly Func<IImageDecoder, ProbeOptions, CancellationToken, FeatureSource> _open;

    private ProbeFeatures(string name, Func<IImageDecoder, ProbeOptions, CancellationToken, FeatureSource> open) =>
        (Name, _open) = (name, open);

    /// <summary>What to call them in results.</summary>
    public string Name { get; }

    /// <summary>The gray values of the picture at 32 × 32 pixels: what any network must beat.</summary>
    public static ProbeFeatures Pixels { get; } =
        new("pixels", static (decoder, options, _) => new PixelFeatures(decoder, options.Reading));

    /// <summary>The embeddings of a model.</summary>
    /// <param name="model">The model; borrowed until the probe has ended.</param>
    /// <param name="kind">Which features: pooled or projected.</param>
    /// <param name="name">What to call them; <see langword="null"/> for the checkpoint's file name and the kind.</param>
    /// <returns>The features.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The kind is neither pooled nor projected.</exception>
    public static ProbeFeatures OfModel(LoadedModel model, EmbeddingKind kind = EmbeddingKind.Pooled, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        var called = Word(kind);
        name ??= $"{Path.GetFileName(model.Checkpoint)} {called}";
        return new ProbeFeatures(
            name, (decoder, options, _) => new NetworkFeatures(name, model, kind, decoder, options.Reading, options.Precision));
    }

    /// <summary>
    /// The embeddings of a network of a model's shape that was never trained. Its weights are drawn from <see cref="ProbeOptions.Seed"/>.
    /// </summary>
    /// <param name="model">The model whose shape it has; borrowed until the probe has ended.</param>
    /// <param name="kind">Which features: pooled or projected.</param>
    /// <returns>The features.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The kind is neither pooled nor projected.</exception>
    public static ProbeFeatures Untrained(LoadedModel model, EmbeddingKind kind = EmbeddingKind.Pooled)
    {
        ArgumentNullException.ThrowIfNull(model);
        var name = $"untrained {Word(kind)}";
        return new ProbeFeatures(name, (decoder, options, _) =>
            new NetworkFeatures(name, model.Untrained(options.Seed), kind, decoder, options.Reading, options.Precision, ownsModel: true));
    }

    /// <summary>
    /// A file of embeddings of any model: <c>.npz</c>, <c>.safetensors</c>, <c>.csv</c> or <c>.parquet</c>. A row is found by the image's
    /// path, its path below the dataset's folder, or its file name.
    /// </summary>
    /// <param name="path">The file; it is read when the probe begins.</param>
    /// <param name="name">What to call it; <see langword="null"/> for the file name.</param>
    /// <returns>The features.</returns>
    public static ProbeFeatures OfFile(string path, string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        name ??= Path.GetFileName(path);
        return new ProbeFeatures(name, (_, _, cancellationToken) => new FileFeatures(path, name, cancellationToken));
    }

    /// <summary>Opens them for reading; the caller disposes the source.</summary>
    internal FeatureSource Open(IImageDecoder decoder, ProbeOptions options, CancellationToken cancellationToken) =>
        _open(decoder, options, cancellationToken);

    private static string Word(EmbeddingKind kind) => kind switch
    {
        EmbeddingKind.Pooled => "pooled",
        EmbeddingKind.Projected => "projected",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A probe needs one vector for each image: pooled or projected."),
    };
}
