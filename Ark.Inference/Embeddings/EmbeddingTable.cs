namespace Ark.Inference;

/// <summary>
/// Embeddings that were read from a file of any supported format, ours or another's; see <see cref="NeighborSearch.LoadAsync"/>.
/// </summary>
public sealed class EmbeddingTable
{
    private static readonly string[] NameColumns =
    [
        "names", "name", "image", "images", "path", "paths", "file", "files", "filename", "filenames", "image_id", "image_ids", "dicom_id",
        "id", "ids", "image index", "image_path"
    ];
    private static readonly string[] MatrixNames = ["embeddings", "embedding", "features", "feature", "vectors", "vector", "x", "arr_0"];

    internal EmbeddingTable(
        string path, IReadOnlyList<string>? names, int count, int width, IReadOnlyList<float[]> rows,
        IReadOnlyDictionary<string, string> info) =>
        (Path, Names, Count, Width, Rows, Info) = (path, names, count, width, rows, info);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The name of each row; <see langword="null"/> where the file has none.</summary>
    public IReadOnlyList<string>? Names { get; }

    /// <summary>The number of rows.</summary>
    public int Count { get; }

    /// <summary>Numbers in a row.</summary>
    public int Width { get; }

    /// <summary>The checkpoint that made the embeddings; <see langword="null"/> where the file does not say.</summary>
    public string? Checkpoint => Info.GetValueOrDefault("ark.checkpoint");

    /// <summary>Which of a run's networks made them; <see langword="null"/> where the file does not say.</summary>
    public ModelRole? Weights => Known<ModelRole>("ark.weights");

    /// <summary>Which features they are; <see langword="null"/> where the file does not say.</summary>
    public EmbeddingKind? Kind => Known<EmbeddingKind>("ark.kind");

    internal IReadOnlyList<float[]> Rows { get; }

    /// <summary>What the file says of itself; empty where it says nothing.</summary>
    internal IReadOnlyDictionary<string, string> Info { get; }

    /// <summary>The embedding of one image.</summary>
    /// <param name="row">The row, from 0.</param>
    /// <returns>Its numbers, as many as <see cref="Width"/>.</returns>
    public ReadOnlySpan<float> this[int row] => Rows[row];

    /// <summary>The row of a name.</summary>
    /// <param name="name">The name, as the file has it.</param>
    /// <returns>The first row of that name, from 0; −1 where there is none.</returns>
    public int IndexOf(string name)
    {
        for (var row = 0; row < (Names?.Count ?? 0); row++)
        {
            if (Names![row] == name) return row;
        }

        return -1;
    }

    /// <summary>Finds the neighbors of an image of the table. Rows of the same name are left out.</summary>
    /// <param name="row">The image's row, from 0.</param>
    /// <param name="count">How many neighbors at most; at least 1.</param>
    /// <returns>The nearest rows, the nearest first; of equal ones the earlier.</returns>
    public IReadOnlyList<Neighbor> Find(int row, int count = 10)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Count);
        return Find(Rows[row], count, n => Names is null ? n == row : Names[n] == Names[row]);
    }

    /// <summary>Finds the neighbors of an embedding.</summary>
    /// <param name="query">The embedding, of <see cref="Width"/> numbers.</param>
    /// <param name="count">How many neighbors at most; at least 1.</param>
    /// <returns>The nearest rows, the nearest first; of equal ones the earlier.</returns>
    /// <exception cref="ArkInputException">The embedding has another length.</exception>
    public IReadOnlyList<Neighbor> Find(ReadOnlySpan<float> query, int count = 10) => Find(query, count, static _ => false);

    internal IReadOnlyList<Neighbor> Find(ReadOnlySpan<float> query, int count, Func<int, bool> isLeftOut)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (query.Length != Width)
        {
            throw new ArkInputException(Path, null, $"has embeddings of {Width} numbers, the image's has {query.Length}",
                "Embed the image as the file was: by the same checkpoint, pooled or projected.");
        }

        var best = new PriorityQueue<int, (double Similarity, int Later)>();
        for (var n = 0; n < Count; n++)
        {
            if (isLeftOut(n)) continue;
            best.Enqueue(n, (Cosine(query, Rows[n]), -n));
            if (best.Count > count) best.Dequeue();
        }

        var found = new List<Neighbor>();
        while (best.TryDequeue(out var n, out var rank)) found.Add(new Neighbor(Names?[n] ?? $"row {n + 1}", rank.Similarity));
        found.Reverse();
        return found;
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, first = 0, second = 0;
        for (var i = 0; i < a.Length; i++)
        {
            product += (double)a[i] * b[i];
            first += (double)a[i] * a[i];
            second += (double)b[i] * b[i];
        }

        return first > 0 && second > 0 ? product / Math.Sqrt(first * second) : 0;
    }

    private T? Known<T>(string key)
        where T : struct, Enum => EnumNames.Find<T>(Info.GetValueOrDefault(key), ignoreCase: true);

    /// <summary>Whether a column or array holds names rather than numbers, as far as what it is called tells.</summary>
    internal static bool IsNameColumn(string name) => NameColumns.Contains(name.Trim(), StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a column is one that dataframes write beside the data: the number, or the name, of each row.</summary>
    internal static bool IsIndexColumn(string name)
    {
        name = name.Trim();
        return name.Length == 0 || name.Equals("index", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("Unnamed:", StringComparison.Ordinal) || name.StartsWith("level_", StringComparison.Ordinal)
            || (name.StartsWith("__index_level_", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal));
    }

    /// <summary>Which of several matrices is the one with the embeddings.</summary>
    internal static string Choose(string path, IReadOnlyList<string> candidates, string what) =>
        MatrixNames.Select(m => candidates.FirstOrDefault(c => string.Equals(c, m, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(c => c is not null)
        ?? (candidates.Count == 1 ? candidates[0] : throw new ArkInputException(path, null,
            candidates.Count == 0
                ? $"holds no {what} of embeddings (floating point, [N, D])"
                : $"holds several {what}s that could be embeddings: {string.Join(", ", candidates.Take(6))}",
            $"Name the {what} 'embeddings'."));

    /// <summary>Rows of a matrix.</summary>
    internal static float[][] Split(float[] values, int count)
    {
        var width = values.Length / Math.Max(1, count);
        return [.. Enumerable.Range(0, count).Select(n => values.AsSpan(n * width, width).ToArray())];
    }
}
