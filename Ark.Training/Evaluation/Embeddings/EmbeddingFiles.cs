using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>Files of embeddings, in every format.</summary>
internal static class EmbeddingFiles
{
    private static readonly EmbeddingFormats Formats = new(ParquetEmbeddings.Format);

    /// <inheritdoc cref="EmbeddingFormats.Load"/>
    public static EmbeddingTable Load(string path, CancellationToken cancellationToken = default) => Formats.Load(path, cancellationToken);
}
