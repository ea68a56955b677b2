namespace Ark;

/// <summary>
/// What a catalogue says about one dataset, in the words of Ark's <c>datasets_config.yaml</c>. Paths are absolute here: the catalogue
/// has resolved them. A third-party adapter finds keys of its own under <see cref="Settings"/>.
/// </summary>
public sealed record DatasetDefinition
{
    /// <summary>The name under which the dataset is chosen and its head is known.</summary>
    public required string Name { get; init; }

    /// <summary>The registered name of the adapter that reads it.</summary>
    public required string Adapter { get; init; }

    /// <summary>The folder that image names in the lists are relative to (<c>data_dir</c>).</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The list, or archive, of the training split (<c>train_list</c>).</summary>
    public string? TrainList { get; init; }

    /// <summary>The list, or archive, of the validation split (<c>val_list</c>).</summary>
    public string? ValidationList { get; init; }

    /// <summary>The list, or archive, of the test split (<c>test_list</c>).</summary>
    public string? TestList { get; init; }

    /// <summary>The labels (<c>diseases</c> and <c>task_type</c>).</summary>
    public required LabelSchema Labels { get; init; }

    /// <summary>The labels that evaluation reports, where fewer than all (<c>test_diseases_name</c>).</summary>
    public IReadOnlyList<string>? TestLabels { get; init; }

    /// <summary>
    /// How much of the training split is used, in percent (<c>annotation_percent</c>): the published choice of images, in its order.
    /// </summary>
    /// <value>1 to 100; 100 by default.</value>
    public int AnnotationPercent { get; init; } = 100;

    /// <summary>What an adapter's random choices come from, such as soft labels for uncertain ones.</summary>
    /// <value>0 by default; a run sets its own seed.</value>
    public ulong Seed { get; init; }

    /// <summary>The file that holds this definition, for error messages.</summary>
    public string Source { get; init; } = "configuration";

    /// <summary>Adapter-specific keys, by name.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The list of a split.</summary>
    /// <param name="split">The split.</param>
    /// <returns>The path.</returns>
    /// <exception cref="ArkInputException">The definition has no list for it.</exception>
    public string ListOf(DatasetSplit split)
    {
        var (path, key) = split switch
        {
            DatasetSplit.Train => (TrainList, "train_list"),
            DatasetSplit.Validation => (ValidationList, "val_list"),
            DatasetSplit.Test => (TestList, "test_list"),
            _ => throw new ArgumentOutOfRangeException(nameof(split), split, "Unknown split."),
        };
        return path ?? throw new ArkInputException(Source, $"dataset '{Name}'", $"has no '{key}'", $"Add '{key}: FILE' to the dataset.");
    }
}
