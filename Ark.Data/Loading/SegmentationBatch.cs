namespace Ark.Data;

/// <summary>Some prepared samples.</summary>
/// <param name="Indices">Which samples these are.</param>
/// <param name="Images"><c>[Count, 3, Height, Width]</c>, normalised.</param>
/// <param name="Targets"><c>[Count, Structures, Height, Width]</c>, 0 or 1.</param>
internal sealed record SegmentationBatch(IReadOnlyList<int> Indices, float[] Images, float[] Targets)
{
    public int Count => Indices.Count;
}
