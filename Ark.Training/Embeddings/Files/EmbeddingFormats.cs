namespace Ark.Training;

/// <summary>The formats that embeddings are written in, by the ending of the file's name.</summary>
internal sealed class EmbeddingFormats
{
    private const string Known = "Use .safetensors, .npz, .csv or .parquet.";
    private readonly Action<EmbeddingContent, string, CancellationToken> _write;

    private EmbeddingFormats(Action<EmbeddingContent, string, CancellationToken> write) => _write = write;

    /// <summary>The format of a path.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="tokens">Whether a row is a matrix, which tables cannot hold.</param>
    /// <exception cref="ArkInputException">The ending is unknown, or cannot hold tokens.</exception>
    public static EmbeddingFormats OfPath(string path, bool tokens)
    {
        var ending = Path.GetExtension(path).ToLowerInvariant();
        if (tokens && ending is ".csv" or ".parquet")
            throw new ArkInputException(path, null, $"a table ({ending}) cannot hold tokens, which are a matrix per image", "Use .safetensors or .npz.");
        return ending switch
        {
            ".safetensors" => new EmbeddingFormats(SafetensorsEmbeddings.Write),
            ".npz" => new EmbeddingFormats(NpzEmbeddings.Write),
            ".csv" => new EmbeddingFormats(CsvEmbeddings.Write),
            ".parquet" => new EmbeddingFormats(ParquetEmbeddings.Write),
            "" => throw new ArkInputException(path, null, "has no ending that tells its format", Known),
            _ => throw new ArkInputException(path, null, $"the ending '{ending}' is no format of embeddings", Known),
        };
    }

    /// <summary>Writes a file.</summary>
    public void Write(EmbeddingContent content, string path, CancellationToken cancellationToken) => _write(content, path, cancellationToken);
}
