namespace Ark.Data;

/// <summary>A dataset of a catalogue, and what must hold before it can be used.</summary>
/// <param name="definition">The dataset.</param>
/// <param name="lines">Where its keys stand.</param>
/// <param name="unresolved">An error in its paths that only matters once the dataset is chosen.</param>
internal sealed class CatalogueEntry(DatasetDefinition definition, IReadOnlyDictionary<string, int> lines, ArkInputException? unresolved)
{
    public DatasetDefinition Definition { get; } = definition;

    /// <summary>Checks that the folder and the lists exist: a run should not end hours later because its test list is missing.</summary>
    /// <returns>The definition.</returns>
    /// <exception cref="ArkInputException">A path does not exist or names the wrong kind of thing.</exception>
    public DatasetDefinition Checked()
    {
        if (unresolved is not null) throw unresolved;
        CheckDataDirectory();
        CheckList("train_list", Definition.TrainList);
        CheckList("val_list", Definition.ValidationList);
        CheckList("test_list", Definition.TestList);
        return Definition;
    }

    private void CheckDataDirectory()
    {
        var path = Definition.DataDirectory;
        if (Directory.Exists(path)) return;
        if (!File.Exists(path)) throw Error("data_dir", $"the folder '{path}' was not found", "Correct the path, or put the images there.");
        if (BuiltInAdapters.ReadsArchives(Definition.Adapter)
            && (path == Definition.TrainList || path == Definition.ValidationList || path == Definition.TestList))
            return;
        throw Error("data_dir", $"'{path}' is a file, expected a folder", "Name the folder that the image names are relative to.");
    }

    private void CheckList(string key, string? path)
    {
        if (path is null || File.Exists(path)) return;
        if (Directory.Exists(path) && BuiltInAdapters.ReadsFolders(Definition.Adapter)) return;
        throw Directory.Exists(path)
            ? Error(key, $"the list '{path}' is a folder", "Name the list file itself.")
            : Error(key, $"the list '{path}' was not found", "Correct the path; it is relative to the folder of this file.");
    }

    private ArkInputException Error(string key, string problem, string hint) =>
        new(
            Definition.Source,
            CataloguePlace.Of(lines.GetValueOrDefault(key, lines[""]), $"dataset '{Definition.Name}', key '{key}'"),
            problem,
            hint);
}
