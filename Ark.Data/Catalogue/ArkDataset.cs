namespace Ark.Data;

/// <summary>A dataset that takes part in a run.</summary>
/// <param name="Name">Its name, which is also its head's.</param>
/// <param name="Adapter">What reads it.</param>
public sealed record ArkDataset(string Name, IDatasetAdapter Adapter)
{
    /// <summary>The labels that evaluation reports; <see langword="null"/> for all.</summary>
    public IReadOnlyList<string>? TestLabels { get; init; }

    /// <summary>
    /// The folder of its images: prediction files name images relative to it; <see langword="null"/> for names as they are.
    /// </summary>
    public string? Folder { get; init; }
}
