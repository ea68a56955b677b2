namespace Ark.Inference;

/// <summary>The formats that embeddings are kept in, by the ending of the file's name.</summary>
/// <param name="added">Formats of other packages, beside the built-in ones.</param>
internal sealed class EmbeddingFormats(params IEnumerable<EmbeddingFormat> added)
{
    private readonly IReadOnlyList<EmbeddingFormat> _all =
    [
        new(".safetensors", HoldsTokens: true, SafetensorsEmbeddings.Write, static (path, _) => SafetensorsEmbeddings.Read(path)),
        new(".npz", HoldsTokens: true, NpzEmbeddings.Write, static (path, _) => NpzEmbeddings.Read(path)),
        new(".csv", HoldsTokens: false, CsvEmbeddings.Write, static (path, _) => CsvEmbeddings.Read(path)),
        .. added,
    ];

    private string Known => $"Use {string.Join(", ", _all.SkipLast(1).Select(f => f.Ending))} or {_all[^1].Ending}.";

    /// <summary>The format of a path.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="tokens">Whether a row is a matrix, which tables cannot hold.</param>
    /// <exception cref="ArkInputException">The ending is unknown, or cannot hold tokens.</exception>
    public EmbeddingFormat OfPath(string path, bool tokens = false)
    {
        var ending = Path.GetExtension(path).ToLowerInvariant();
        if (ending.Length == 0) throw new ArkInputException(path, null, "has no ending that tells its format", Known);
        var format = _all.FirstOrDefault(f => f.Ending == ending)
            ?? throw new ArkInputException(path, null, $"the ending '{ending}' is no format of embeddings", Known);
        if (tokens && !format.HoldsTokens)
            throw new ArkInputException(
                path, null, $"a table ({ending}) cannot hold tokens, which are a matrix per image", "Use .safetensors or .npz.");
        return format;
    }

    /// <summary>Reads a file; its ending tells the format.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="ArkInputException">The file cannot be read, or holds no embeddings.</exception>
    public EmbeddingTable Load(string path, CancellationToken cancellationToken = default)
    {
        var table = OfPath(path).Read(path, cancellationToken);
        if (table.Count == 0) throw new ArkInputException(path, null, "has no rows");
        for (var n = 0; n < table.Count; n++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (table.Rows[n].Any(v => !float.IsFinite(v)))
                throw new ArkInputException(path, $"row {n + 1}", "has a value that is no finite number");
        }

        return table;
    }
}
