using Ark.Evaluation;

namespace Ark.Training;

/// <summary>A segmentation training to be made.</summary>
public sealed record SegmentationRun
{
    /// <summary>The dataset.</summary>
    public required SegmentationDataset Dataset { get; init; }

    /// <summary>How to train.</summary>
    public required SegmentationOptions Options { get; init; }

    /// <summary>Where configuration, metrics, checkpoints and report go.</summary>
    public required string Directory { get; init; }

    /// <summary>Whether <see cref="Directory"/> holds an unfinished run of the same options that is to go on.</summary>
    public bool Resume { get; init; }

    /// <summary>The catalogue that describes the dataset, for the record of the run.</summary>
    public string? Catalogue { get; init; }

    /// <summary>
    /// The options that the catalogue itself set, so that a changed one is noticed when the run goes on; <see langword="null"/> where there
    /// is no catalogue.
    /// </summary>
    internal IReadOnlyList<KeyValuePair<string, string>>? CatalogueOptions { get; init; }
}
