namespace Ark.Data;

/// <summary>One reading of samples.</summary>
/// <param name="Order">The samples in the order of the pass.</param>
/// <param name="BatchCount">How many batches are made of them.</param>
/// <param name="Write">Writes a sample.</param>
internal sealed record ReadingPass(int[] Order, int BatchCount, SampleWriter Write)
{
    /// <summary>Batches to pass over, unread: a resumed pass goes on where it was left.</summary>
    public int FirstBatch { get; init; }

    /// <summary>How many samples a batch needs. One that has fewer once bad images are left out is left out itself.</summary>
    public int MinBatch { get; init; } = 1;
}
