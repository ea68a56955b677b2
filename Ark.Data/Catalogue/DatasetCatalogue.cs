using Microsoft.Extensions.Configuration;

namespace Ark.Data;

/// <summary>
/// The datasets of one YAML file (or of a host's configuration), in the form of Ark's <c>datasets_config.yaml</c>: a top-level mapping from
/// dataset name to <c>data_dir</c>, <c>train_list</c>, <c>val_list</c>, <c>test_list</c>, <c>diseases</c>, <c>task_type</c> and, where
/// wanted, <c>test_diseases_name</c>. Added here: <c>adapter</c> (a registered name; else chosen by the lists' kind and the dataset's
/// name), <c>annotation_percent</c> (how much of the training split is used), <c>settings</c> (keys for the adapter), <c>${NAME}</c> in
/// paths for environment variables, and one top-level key that is no dataset, <c>training</c>: options for whoever trains. Immutable and
/// thread-safe.
/// </summary>
/// <remarks>
/// A relative path is relative to the folder of the file; where nothing is there, to the working directory, as in the original.
/// Paths are checked when a dataset is chosen, so that a catalogue may name datasets that this machine lacks.
/// </remarks>
public sealed class DatasetCatalogue
{
    private readonly List<CatalogueEntry> _entries;

    private DatasetCatalogue(string source, List<CatalogueEntry> entries, List<CatalogueOption> training)
    {
        Source = source;
        _entries = entries;
        Training = training;
        Datasets = [.. entries.Select(e => e.Definition)];
    }

    /// <summary>The file, or which configuration.</summary>
    public string Source { get; }

    /// <summary>Every dataset in the order of the file; paths are not checked (see <see cref="Select"/>).</summary>
    public IReadOnlyList<DatasetDefinition> Datasets { get; }

    /// <summary>The options of the section <c>training</c> in the order of the file; empty where there is none.</summary>
    internal IReadOnlyList<CatalogueOption> Training { get; }

    /// <summary>Reads a catalogue.</summary>
    /// <param name="path">The YAML file.</param>
    /// <returns>The catalogue.</returns>
    /// <exception cref="ArkInputException">The file cannot be read or something in it is not understood; the message names line and
    /// key.</exception>
    public static DatasetCatalogue Load(string path) => Load(path, Environment.CurrentDirectory, Environment.GetEnvironmentVariable);

    /// <summary>Reads a catalogue from a host's configuration: the same keys as in YAML, one section per dataset.</summary>
    /// <param name="section">The section whose children are datasets, for instance <c>configuration.GetSection("Ark:Datasets")</c>.</param>
    /// <param name="baseDirectory">What relative paths are relative to; <see langword="null"/> for the working directory. A host passes its
    /// content root.</param>
    /// <returns>The catalogue. Configuration sorts its keys, so the datasets come in the order of their names, and names hold no
    /// colon.</returns>
    /// <exception cref="ArkInputException">Something is not understood; the message names dataset and key.</exception>
    public static DatasetCatalogue FromConfiguration(IConfiguration section, string? baseDirectory = null)
    {
        ArgumentNullException.ThrowIfNull(section);
        var source = section is IConfigurationSection { Path.Length: > 0 } named ? $"configuration '{named.Path}'" : "configuration";
        var folder = Path.GetFullPath(baseDirectory ?? Environment.CurrentDirectory);
        var paths = new CataloguePaths(folder, Environment.CurrentDirectory, Environment.GetEnvironmentVariable);
        var (entries, training) = new CatalogueReader(source, paths).Read(ConfigurationNodes.Of(section));
        return new DatasetCatalogue(source, entries, training);
    }

    /// <summary>Reads a catalogue against a given world.</summary>
    /// <param name="path">The YAML file.</param>
    /// <param name="workingDirectory">Stands for the working directory.</param>
    /// <param name="variable">Stands for the environment.</param>
    /// <returns>The catalogue.</returns>
    internal static DatasetCatalogue Load(string path, string workingDirectory, Func<string, string?> variable)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var folder = Path.GetDirectoryName(Path.GetFullPath(path, workingDirectory))!;
        var root = YamlReader.ReadFile(Path.GetFullPath(path, workingDirectory));
        var (entries, training) = new CatalogueReader(path, new CataloguePaths(folder, workingDirectory, variable)).Read(root);
        return new DatasetCatalogue(path, entries, training);
    }

    /// <summary>Chooses one dataset, and checks that its folder and lists exist.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The dataset.</returns>
    /// <exception cref="ArkInputException">The catalogue has no such dataset, or a path of it does not exist.</exception>
    public DatasetDefinition Get(string name)
    {
        var entry = _entries.Find(e => e.Definition.Name == name);
        if (entry is not null) return entry.Checked();
        throw new ArkInputException(
            Source,
            null,
            $"the dataset '{name}' is unknown",
            NameSuggestion.For(name, [.. Datasets.Select(d => d.Name)], "The file's datasets are"));
    }

    /// <summary>Chooses several datasets, and checks that their folders and lists exist.</summary>
    /// <param name="names">Their names in the wanted order; <see langword="null"/> or empty for all.</param>
    /// <returns>The datasets.</returns>
    /// <exception cref="ArkInputException">The catalogue lacks one or has it named twice, or a path does not exist.</exception>
    public IReadOnlyList<DatasetDefinition> Select(IReadOnlyCollection<string>? names = null)
    {
        if (names is null or { Count: 0 }) return [.. _entries.Select(e => e.Checked())];
        var twice = names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null) throw new ArkInputException(Source, null, $"the dataset '{twice.Key}' is chosen twice", "Name it once.");
        return [.. names.Select(Get)];
    }
}
