namespace Ark.Data;

/// <summary>Ark's own adapters, and how a catalogue that names none gets the right one.</summary>
internal static class BuiltInAdapters
{
    /// <summary>The adapters by name; public datasets are names too.</summary>
    public static IReadOnlyDictionary<string, Func<DatasetDefinition, IDatasetAdapter>> Factories { get; } =
        new Dictionary<string, Func<DatasetDefinition, IDatasetAdapter>>(StringComparer.OrdinalIgnoreCase)
        {
            ["image-list"] = ImageList,
            ["csv"] = d => new CsvListAdapter(d, AdapterPreset.None),
            [ImageFolder] = d => new ImageFolderAdapter(d),
            [Archive] = d => new MedMnistAdapter(d),
            ["ChestXray14"] = d => ListOrCsv(d, AdapterPresets.ChestXray14List, AdapterPresets.ChestXray14),
            ["RSNAPneumonia"] = d => ListOrCsv(d, AdapterPreset.None, AdapterPresets.RsnaPneumonia),
            ["Shenzhen"] = ImageList,
            ["VinDrCXR"] = d => ListOrCsv(d, AdapterPresets.VinDrList, AdapterPresets.VinDr),
            ["CheXpert"] = d => new CsvListAdapter(d, AdapterPresets.CheXpert),
            ["MIMIC"] = d => new CsvListAdapter(d, AdapterPresets.Mimic),
            ["COVIDx"] = d => new CovidxAdapter(d),
            ["ChestDR"] = d => ListOrCsv(d, AdapterPreset.None, AdapterPresets.ChestDr),
            ["SIIM-ACR"] = d => new CsvListAdapter(d, AdapterPresets.SiimAcr),
            ["TBX11K"] = d => new NamedClassAdapter(d, NamedClassAdapter.FolderOf, "health", "sick", "tb"),
            ["NODE21"] = d => new CsvListAdapter(d, AdapterPresets.Node21),
            ["Montgomery"] = d => new NamedClassAdapter(d, NamedClassAdapter.LastCharacterOf, "0", "1"),
            ["PadChest"] = d => new CsvListAdapter(d, AdapterPresets.PadChest),
        };

    /// <summary>Reads folders, and so needs no lists.</summary>
    public const string ImageFolder = "image-folder";

    private const string Archive = "medmnist";

    // Those of the named datasets that have a table with a header.
    private static readonly HashSet<string> Tables = new(StringComparer.OrdinalIgnoreCase)
        { "ChestXray14", "RSNAPneumonia", "VinDrCXR", "CheXpert", "MIMIC", "ChestDR", "SIIM-ACR", "NODE21", "PadChest" };

    /// <summary>Chooses the adapter of a dataset whose catalogue names none: by the kind of its lists, then by its name.</summary>
    /// <param name="datasetName">The dataset.</param>
    /// <param name="paths">Its data folder and lists, as far as they are given.</param>
    /// <returns>The adapter's name.</returns>
    public static string Infer(string datasetName, IEnumerable<string?> paths)
    {
        var known = Factories.Keys.FirstOrDefault(k => k.Equals(datasetName, StringComparison.OrdinalIgnoreCase));
        var extensions = paths.Select(p => Path.GetExtension(p)?.ToUpperInvariant()).ToHashSet(StringComparer.Ordinal);
        if (extensions.Contains(".NPZ")) return Archive;
        if (paths.Any(ListFile.IsTable)) return known is not null && Tables.Contains(known) ? known : "csv";
        return known ?? "image-list";
    }

    /// <summary>
    /// Whether a list may be a folder: for image folders, and for adapters that are not ours and may mean anything by it.
    /// </summary>
    /// <param name="adapter">The adapter's name.</param>
    /// <returns>Whether it may.</returns>
    public static bool ReadsFolders(string adapter) =>
        adapter.Equals(ImageFolder, StringComparison.OrdinalIgnoreCase) || !Factories.ContainsKey(adapter);

    /// <summary>
    /// Whether one file may be both the data and the lists: for archives, and for adapters that are not ours and may mean anything by it.
    /// </summary>
    /// <param name="adapter">The adapter's name.</param>
    /// <returns>Whether it may.</returns>
    public static bool ReadsArchives(string adapter) =>
        adapter.Equals(Archive, StringComparison.OrdinalIgnoreCase) || !Factories.ContainsKey(adapter);

    private static RowAdapter ImageList(DatasetDefinition definition) => definition.Settings.ContainsKey("labels_list")
        ? new CsvListAdapter(definition, AdapterPreset.None)
        : new ImageListAdapter(definition, AdapterPreset.None);

    private static bool HasNamesAlone(string? list) =>
        File.Exists(list) && ListFile.ReadLines(list, CancellationToken.None).Take(1).Any(
            line => Data.ImageFolder.Endings.Contains(Path.GetExtension(line.Text)));

    private static RowAdapter ListOrCsv(DatasetDefinition definition, AdapterPreset list, AdapterPreset table)
    {
        string?[] lists = [definition.TrainList, definition.ValidationList, definition.TestList];
        // NIH's lists of the splits have names alone: their labels are in the table.
        return lists.Any(ListFile.IsTable) || definition.Settings.ContainsKey("labels_list")
            || (table["labels_list"] is not null && lists.Any(HasNamesAlone))
            ? new CsvListAdapter(definition, table)
            : new ImageListAdapter(definition, list);
    }
}
