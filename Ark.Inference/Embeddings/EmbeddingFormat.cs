namespace Ark.Inference;

/// <summary>A format of files that embeddings are kept in.</summary>
/// <param name="Ending">How names of its files end, with the dot.</param>
/// <param name="HoldsTokens">Whether a row may be a matrix, which tables cannot hold.</param>
/// <param name="Write">Writes a file.</param>
/// <param name="Read">Reads one.</param>
internal sealed record EmbeddingFormat(
    string Ending,
    bool HoldsTokens,
    Action<EmbeddingContent, string, CancellationToken> Write,
    Func<string, CancellationToken, EmbeddingTable> Read);
