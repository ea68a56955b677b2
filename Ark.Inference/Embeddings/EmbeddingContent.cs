using System.Runtime.InteropServices;

namespace Ark.Inference;

/// <summary>Finished embeddings that are to be written in a format.</summary>
/// <param name="RowsPath">The rows, raw float32, in order.</param>
/// <param name="Names">A name per row.</param>
/// <param name="Shape">The shape of a row.</param>
/// <param name="Info">What else the file shall say, where its format can.</param>
internal sealed record EmbeddingContent(
    string RowsPath, IReadOnlyList<string> Names, IReadOnlyList<int> Shape, IReadOnlyDictionary<string, string> Info)
{
    /// <summary>Numbers in a row.</summary>
    public int Width => Shape.Aggregate(1, (a, b) => checked(a * b));

    /// <summary>Bytes of all rows.</summary>
    public long Bytes => (long)Names.Count * Width * sizeof(float);

    /// <summary>The rows as bytes.</summary>
    public FileStream OpenBytes() => new(RowsPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 20);

    /// <summary>The rows, some at a time; the array is reused.</summary>
    /// <param name="rows">How many at most.</param>
    public IEnumerable<(int First, int Count, float[] Values)> Blocks(int rows)
    {
        using var stream = OpenBytes();
        var values = new float[Math.Min(rows, Names.Count) * Width];
        for (var first = 0; first < Names.Count; first += rows)
        {
            var count = Math.Min(rows, Names.Count - first);
            stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan(0, count * Width)));
            yield return (first, count, values);
        }
    }
}
