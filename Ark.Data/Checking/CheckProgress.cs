namespace Ark.Data;

/// <summary>How far a check is.</summary>
/// <param name="Dataset">The dataset.</param>
/// <param name="Split">The split.</param>
/// <param name="Done">Images decoded so far.</param>
/// <param name="Total">Images to decode.</param>
public readonly record struct CheckProgress(string Dataset, DatasetSplit Split, int Done, int Total);
