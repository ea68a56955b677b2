namespace Ark.Inference;

/// <summary>
/// Finds the images of a file of embeddings that are most similar to an image, by the cosine of the angle between embeddings. Thread-safe.
/// A host gets it from <c>AddArk()</c>.
/// </summary>
public sealed class NeighborSearch
{
    private readonly IImageDecoder _decoder;
    private readonly EmbeddingFormats _formats;

    /// <summary>Creates a search that knows the formats of this package.</summary>
    /// <param name="decoder">Decodes images.</param>
    public NeighborSearch(IImageDecoder decoder)
        : this(decoder, [])
    {
    }

    internal NeighborSearch(IImageDecoder decoder, IEnumerable<EmbeddingFormat> added) =>
        (_decoder, _formats) = (decoder, new EmbeddingFormats(added));

    /// <summary>Reads a file of embeddings: one of an <see cref="EmbeddingExtractor"/>, or of another program.</summary>
    /// <param name="path">
    /// The file; its ending tells the format: <c>.safetensors</c>, <c>.npz</c> or <c>.csv</c>; <c>.parquet</c> too in a host that has
    /// called <c>AddTraining</c>.
    /// </param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The embeddings, all in memory.</returns>
    /// <exception cref="ArkInputException">The file cannot be read, holds no embeddings, or has a value that is no finite
    /// number.</exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public Task<EmbeddingTable> LoadAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Task.Run(() => _formats.Load(path, cancellationToken), cancellationToken);
    }

    /// <summary>Finds the neighbors of an image. A row of the image's own name is left out.</summary>
    /// <param name="table">The embeddings.</param>
    /// <param name="model">The model that made them; borrowed.</param>
    /// <param name="image">The image.</param>
    /// <param name="count">How many neighbors at most; at least 1.</param>
    /// <param name="kind">Which features of the image; <see langword="null"/> for what the file says that it holds, or pooled where it does
    /// not say.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>The nearest rows, the nearest first; of equal ones the earlier.</returns>
    /// <exception cref="ArkInputException">
    /// The image cannot be read, the file holds tokens, was made by the other of student and teacher, or has embeddings of another length.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was canceled.</exception>
    public Task<IReadOnlyList<Neighbor>> FindAsync(
        EmbeddingTable table, LoadedModel model, ImageSource image, int count = 10, EmbeddingKind? kind = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(image);
        return Task.Run(() => table.Find(
            Embed(table, model, image, kind ?? table.Kind ?? EmbeddingKind.Pooled, cancellationToken), count,
            row => table.Names?[row] == image.Name), cancellationToken);
    }

    private float[] Embed(
        EmbeddingTable table, LoadedModel model, ImageSource image, EmbeddingKind kind, CancellationToken cancellationToken)
    {
        if (kind == EmbeddingKind.Tokens || table.Kind == EmbeddingKind.Tokens)
            throw new ArkInputException(
                table.Path, null, "holds tokens, which are no single vector per image", "Write pooled or projected embeddings.");
        if (table.Weights is { } made && made != model.Weights)
        {
            throw new ArkInputException(table.Path, null, $"was made by the {made.ToString().ToLowerInvariant()}, and the model is the "
                + $"{model.Weights.ToString().ToLowerInvariant()}",
                "Load the same network: embeddings of two networks cannot be compared.");
        }

        var runner = new ModelRunner(model);
        var view = new float[runner.ViewLength];
        runner.Transform.Apply(image.Load(_decoder), new RandomStream(0), view);
        return ComputeThread.Run(() => runner.Embed(view, 1, kind), cancellationToken);
    }
}
