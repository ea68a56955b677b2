namespace Ark.Inference;

/// <summary>Embeddings that were read from a file of any supported format, ours or another's.</summary>
/// <param name="Path">The file.</param>
/// <param name="Names">A name per row; <see langword="null"/> where the file has none.</param>
/// <param name="Count">Rows.</param>
/// <param name="Width">Numbers in a row.</param>
/// <param name="Rows">The rows in order.</param>
/// <param name="Info">What the file says of itself; empty where it says nothing.</param>
internal sealed record EmbeddingTable(string Path, IReadOnlyList<string>? Names, int Count, int Width, IReadOnlyList<float[]> Rows, IReadOnlyDictionary<string, string> Info)
{
    private static readonly string[] NameColumns = ["names", "name", "image", "images", "path", "paths", "file", "files", "filename", "filenames", "image_id", "image_ids", "dicom_id", "id", "ids", "image index", "image_path"];
    private static readonly string[] MatrixNames = ["embeddings", "embedding", "features", "feature", "vectors", "vector", "x", "arr_0"];

    /// <summary>Whether a column or array holds names rather than numbers, as far as what it is called tells.</summary>
    public static bool IsNameColumn(string name) => NameColumns.Contains(name.Trim(), StringComparer.OrdinalIgnoreCase);

    /// <summary>Which of several matrices is the one with the embeddings.</summary>
    public static string Choose(string path, IReadOnlyList<string> candidates, string what) =>
        MatrixNames.Select(m => candidates.FirstOrDefault(c => string.Equals(c, m, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(c => c is not null)
        ?? (candidates.Count == 1 ? candidates[0] : throw new ArkInputException(path, null,
            candidates.Count == 0 ? $"holds no {what} of embeddings (floating point, [N, D])" : $"holds several {what}s that could be embeddings: {string.Join(", ", candidates.Take(6))}",
            $"Name the {what} 'embeddings'."));

    /// <summary>Rows of a matrix.</summary>
    public static float[][] Split(float[] values, int count)
    {
        var width = values.Length / Math.Max(1, count);
        return [.. Enumerable.Range(0, count).Select(n => values.AsSpan(n * width, width).ToArray())];
    }
}
