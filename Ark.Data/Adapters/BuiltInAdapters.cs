namespace Ark.Data;

/// <summary>Ark's own adapters, and how a catalogue that names none gets the right one.</summary>
internal static class BuiltInAdapters
{
    /// <summary>The adapters by name; the datasets of the publications are names too.</summary>
    public static IReadOnlyDictionary<string, Func<DatasetDefinition, IDatasetAdapter>> Factories { get; } =
        new Dictionary<string, Func<DatasetDefinition, IDatasetAdapter>>(StringComparer.OrdinalIgnoreCase)
        {
            ["image-list"] = d => new ImageListAdapter(d),
            ["ChestXray14"] = d => new ImageListAdapter(d),
            ["RSNAPneumonia"] = d => new ImageListAdapter(d),
            ["Shenzhen"] = d => new ImageListAdapter(d),
            ["VinDrCXR"] = d => new ImageListAdapter(d, ".jpeg"),
            ["csv"] = d => new CsvListAdapter(d),
            ["CheXpert"] = d => new CsvListAdapter(d),
            ["MIMIC"] = d => new CsvListAdapter(d),
            ["medmnist"] = d => new MedMnistAdapter(d),
        };

    /// <summary>Chooses the adapter of a dataset whose catalogue names none: by the kind of its lists, then by its name.</summary>
    /// <param name="datasetName">The dataset.</param>
    /// <param name="paths">Its data folder and lists, as far as they are given.</param>
    /// <returns>The adapter's name.</returns>
    public static string Infer(string datasetName, IEnumerable<string?> paths)
    {
        var known = Factories.Keys.FirstOrDefault(k => k.Equals(datasetName, StringComparison.OrdinalIgnoreCase));
        var extensions = paths.Select(p => Path.GetExtension(p)?.ToUpperInvariant()).ToHashSet(StringComparer.Ordinal);
        if (extensions.Contains(".NPZ")) return "medmnist";
        if (extensions.Contains(".CSV")) return known is "CheXpert" or "MIMIC" ? known : "csv";
        return known ?? "image-list";
    }
}
