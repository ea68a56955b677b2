namespace Ark.Data;

/// <summary>How much a check does.</summary>
public sealed record DatasetCheckOptions
{
    /// <summary>Images to decode of each split, from its start. Lists are read to their end in any case.</summary>
    /// <value>At least 1; <see langword="null"/>, the default, means all.</value>
    public int? Limit { get; init; }

    /// <summary>Images that are decoded at once.</summary>
    /// <value>At least 1; by default one per processor.</value>
    public int Workers { get; init; } = Environment.ProcessorCount;
}
