using Ark.Data;

namespace Ark.Training;

/// <summary>A run to be made.</summary>
public sealed record TrainingRun
{
    /// <summary>The datasets in the order in which they are visited; names are unique.</summary>
    public required IReadOnlyList<ArkDataset> Datasets { get; init; }

    /// <summary>How to train.</summary>
    /// <value><see langword="null"/>, the default, for what the host says with <c>AddTraining</c>.</value>
    public TrainingOptions? Options { get; init; }

    /// <summary>Where configuration, metrics, checkpoints and report go; <see langword="null"/> to keep nothing.</summary>
    public string? Directory { get; init; }

    /// <summary>Whether <see cref="Directory"/> holds an unfinished run of the same options that is to go on.</summary>
    public bool Resume { get; init; }

    /// <summary>The catalogue that describes the datasets, for the record of the run.</summary>
    public string? Catalogue { get; init; }

    /// <summary>
    /// The options that the catalogue itself set, so that a changed one is noticed when the run goes on; <see langword="null"/> where there
    /// is no catalogue.
    /// </summary>
    internal IReadOnlyList<KeyValuePair<string, string>>? CatalogueOptions { get; init; }
}
