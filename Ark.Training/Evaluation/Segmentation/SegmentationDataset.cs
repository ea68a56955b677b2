namespace Ark.Evaluation;

/// <summary>A dataset under its name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Adapter">Reads it.</param>
public sealed record SegmentationDataset(string Name, ISegmentationAdapter Adapter);
