using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>Finds the rows of a file of embeddings that are nearest to an image, by the angle between them.</summary>
internal static class NeighborSearch
{
    /// <summary>The nearest rows, the nearest first; of equal ones the earlier.</summary>
    /// <param name="table">The embeddings.</param>
    /// <param name="query">The image's own.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="without">The name of a row to leave out: the image itself.</param>
    public static IReadOnlyList<Neighbor> Find(EmbeddingTable table, ReadOnlySpan<float> query, int count, string? without = null)
    {
        if (query.Length != table.Width)
            throw new ArkInputException(table.Path, null, $"has embeddings of {table.Width} numbers, the image's has {query.Length}", "Embed the image as the file was: same checkpoint, same 'Kind'.");
        var best = new PriorityQueue<int, (double Similarity, int Later)>();
        for (var n = 0; n < table.Count; n++)
        {
            if (without is not null && table.Names?[n] == without) continue;
            var similarity = Cosine(query, table.Rows[n]);
            best.Enqueue(n, (similarity, -n));
            if (best.Count > count) best.Dequeue();
        }

        var found = new List<Neighbor>();
        while (best.TryDequeue(out var n, out var rank)) found.Add(new Neighbor(table.Names?[n] ?? $"row {n + 1}", rank.Similarity));
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
}
