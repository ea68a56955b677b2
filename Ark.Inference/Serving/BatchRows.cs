namespace Ark.Inference;

/// <summary>What was computed of one batch.</summary>
/// <param name="Indices">Which samples these are, in the order of the rows.</param>
/// <param name="Values">Their rows, one behind the other, all of one length.</param>
internal sealed record BatchRows(IReadOnlyList<int> Indices, float[] Values)
{
    /// <summary>How many samples there are; at least 1.</summary>
    public int Count => Indices.Count;

    /// <summary>Numbers of a row.</summary>
    public int Width => Values.Length / Count;

    /// <summary>The row of a sample of the batch.</summary>
    public ReadOnlySpan<float> this[int row] => Values.AsSpan(row * Width, Width);
}
