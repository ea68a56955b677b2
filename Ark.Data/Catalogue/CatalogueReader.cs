using System.Collections.Frozen;
using System.Globalization;

namespace Ark.Data;

/// <summary>Understands the YAML tree of a catalogue; every error names the line and the key.</summary>
/// <param name="source">The file, for messages.</param>
/// <param name="paths">Resolves its paths.</param>
internal sealed class CatalogueReader(string source, CataloguePaths paths)
{
    /// <summary>The one top-level key that is no dataset.</summary>
    internal const string TrainingKey = "training";

    private static readonly string[] Keys =
        [
            "data_dir", "train_list", "val_list", "test_list", "diseases", "structures", "task_type", "test_diseases_name",
            "annotation_percent", "adapter", "settings"
        ];

    // The structures are labels of each pixel; only adapters for segmentation read such a dataset.
    private const string Segmentation = "segmentation";
    private const string DefaultMasks = "mask-folder";

    // Both spellings are written.
    private const string Unlabeled = "unlabeled";
    private const string AlsoUnlabeled = "unlabelled";

    private static readonly FrozenDictionary<string, LabelTask> Tasks = new Dictionary<string, LabelTask>(StringComparer.Ordinal)
    {
        ["multi-label classification"] = LabelTask.MultiLabel,
        ["multi-class classification"] = LabelTask.MultiClass,
        ["binary classification"] = LabelTask.Binary,
        [Segmentation] = LabelTask.MultiLabel,
        [Unlabeled] = LabelTask.Unlabeled,
        [AlsoUnlabeled] = LabelTask.Unlabeled,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the datasets and the training options.</summary>
    /// <param name="root">The tree.</param>
    /// <returns>Both, in the order of the file.</returns>
    /// <exception cref="ArkInputException">Something is not understood.</exception>
    public (List<CatalogueEntry> Datasets, List<CatalogueOption> Training) Read(YamlNode root)
    {
        if (root is not YamlMapping mapping)
            throw new ArkInputException(
                source,
                root.Line > 0 ? $"line {root.Line}" : null,
                $"the file is {root.Kind}, expected a mapping of dataset names",
                "Start with 'NAME:' and the dataset's keys below it.");
        var datasets = new List<CatalogueEntry>();
        var training = new List<CatalogueOption>();
        foreach (var (key, value) in mapping.Entries)
        {
            if (key.Value == TrainingKey) training = ReadTraining(key, value);
            else datasets.Add(ReadDataset(key, value));
        }

        if (datasets.Count == 0)
            throw new ArkInputException(
                source, null, "the file holds no dataset, expected at least one", "Add 'NAME:' and the dataset's keys below it.");
        return (datasets, training);
    }

    private CatalogueEntry ReadDataset(YamlScalar name, YamlNode value)
    {
        var at = $"dataset '{name.Value}'";
        if (string.IsNullOrWhiteSpace(name.Value)) throw Error(name.Line, at, "the name is empty", null);
        if (value is not YamlMapping mapping)
            throw Error(
                value.Line, at, $"is {value.Kind}, expected a mapping of keys", "Write its keys below it: data_dir, train_list, ….");
        var values = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        var lines = new Dictionary<string, int>(StringComparer.Ordinal) { [""] = name.Line };
        foreach (var (key, node) in mapping.Entries)
        {
            if (!Keys.Contains(key.Value, StringComparer.Ordinal))
                throw Error(
                    key.Line,
                    $"{at}, key '{key.Value}'",
                    "the key is unknown",
                    NameSuggestion.For(key.Value, Keys, "The keys of a dataset are"));
            values.Add(key.Value, node);
            lines.Add(key.Value, key.Line);
        }

        ArkInputException? unresolved = null;
        string? ReadPath(string key)
        {
            if (!values.TryGetValue(key, out var node)) return null;
            var written = Text(node, at, key);
            if (written.Contains('\0', StringComparison.Ordinal))
                throw Error(node.Line, $"{at}, key '{key}'", "the path contains a zero character, which is invalid", null);
            var path = paths.Resolve(written, out var unset);
            if (unset is not null)
                unresolved ??= Error(
                    node.Line,
                    $"{at}, key '{key}'",
                    $"the environment variable '{unset}' is not set, so the path was not found",
                    $"Set {unset}, or write the path itself.");
            return path;
        }

        var isSegmentation = values.TryGetValue("task_type", out var task)
            && task is YamlScalar { Value: var word }
            && word.Equals(Segmentation, StringComparison.OrdinalIgnoreCase);
        var isUnlabeled = task is YamlScalar { Value: var kind }
            && Tasks.GetValueOrDefault(kind, LabelTask.Binary) == LabelTask.Unlabeled;
        string[] needed = isUnlabeled ? ["data_dir"] : ["data_dir", isSegmentation ? "structures" : "diseases", "task_type"];
        foreach (var key in needed)
        {
            if (!values.ContainsKey(key))
                throw Error(name.Line, at, $"the required key '{key}' is missing", $"Add '{key}: …' to the dataset.");
        }

        var data = ReadPath("data_dir")!;
        string? train = ReadPath("train_list"), validation = ReadPath("val_list"), test = ReadPath("test_list");
        var hasLists = train is not null || validation is not null || test is not null;
        var adapter = values.TryGetValue("adapter", out var named)
            ? Text(named, at, "adapter")
            : isSegmentation ? DefaultMasks
            : isUnlabeled && !hasLists && !IsArchive(data) ? BuiltInAdapters.ImageFolder
            : BuiltInAdapters.Infer(name.Value, [data, train, validation, test]);
        if (!hasLists)
        {
            if (!isSegmentation && !isUnlabeled && !IsArchive(data) && !values.ContainsKey("adapter"))
                throw Error(
                    name.Line,
                    at,
                    "the required key 'train_list' is missing",
                    "Add 'train_list: FILE', 'val_list: FILE' and 'test_list: FILE'.");
            train = validation = test = data;
        }

        var labels = isUnlabeled && !values.ContainsKey("diseases")
            ? new LabelSchema(LabelTask.Unlabeled, [])
            : ReadLabels(values, at, isSegmentation ? "structures" : "diseases");
        var definition = new DatasetDefinition
        {
            Name = name.Value,
            Adapter = adapter,
            DataDirectory = data,
            TrainList = train,
            ValidationList = validation,
            TestList = test,
            Labels = labels,
            TestLabels = values.TryGetValue("test_diseases_name", out var some) ? ReadTestLabels(some, at, labels) : null,
            AnnotationPercent = values.TryGetValue("annotation_percent", out var percent) ? ReadPercent(percent, at) : 100,
            Source = source,
            Settings = values.TryGetValue("settings", out var settings)
                ? ReadSettings(settings, at)
                : new Dictionary<string, string>(StringComparer.Ordinal),
        };
        return new CatalogueEntry(definition, lines, unresolved);
    }

    private static bool IsArchive(string data) => data.EndsWith(".npz", StringComparison.OrdinalIgnoreCase);

    private LabelSchema ReadLabels(Dictionary<string, YamlNode> values, string at, string key)
    {
        var task = Text(values["task_type"], at, "task_type");
        if (!Tasks.TryGetValue(task, out var known))
            throw Error(
                values["task_type"].Line,
                $"{at}, key 'task_type'",
                $"the task '{task}' is unknown",
                NameSuggestion.For(
                    task, [.. Tasks.Keys.Where(t => t != AlsoUnlabeled).Order(StringComparer.Ordinal)], "The tasks are"));
        var diseases = values[key];
        var names = Texts(diseases, at, key);
        try
        {
            return new LabelSchema(known, names);
        }
        catch (ArgumentException e)
        {
            // The schema's own words, without the parameter name that .NET appends.
            throw Error(diseases.Line, $"{at}, key '{key}'", e.Message.Split(" (Parameter", 2)[0].TrimEnd('.'), null, e);
        }
    }

    private List<string> ReadTestLabels(YamlNode node, string at, LabelSchema labels)
    {
        var names = Texts(node, at, "test_diseases_name");
        foreach (var name in names)
        {
            if (!labels.Names.Contains(name, StringComparer.Ordinal))
                throw Error(
                    node.Line,
                    $"{at}, key 'test_diseases_name'",
                    $"'{name}' is not among the dataset's diseases",
                    NameSuggestion.For(name, [.. labels.Names], "The diseases are"));
        }

        return names;
    }

    private int ReadPercent(YamlNode node, string at)
    {
        var text = Text(node, at, "annotation_percent");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent is >= 1 and <= 100
            ? percent
            : throw Error(node.Line, $"{at}, key 'annotation_percent'", $"'{text}' is invalid", "Expected a whole number from 1 to 100.");
    }

    private Dictionary<string, string> ReadSettings(YamlNode node, string at)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        Flatten(node, "", settings, at);
        return settings;
    }

    // A mapping below 'settings' becomes keys with dots: "columns: {Edema: oedema}" is "columns.Edema". Depth is bounded by the reader.
    private void Flatten(YamlNode node, string prefix, Dictionary<string, string> settings, string at)
    {
        if (node is not YamlMapping mapping) throw Error(node.Line, $"{at}, key 'settings'", $"is {node.Kind}, expected a mapping", null);
        foreach (var (key, value) in mapping.Entries)
        {
            var name = prefix + key.Value;
            if (value is YamlMapping) Flatten(value, name + ".", settings, at);
            else if (!settings.TryAdd(name, Text(value, at, $"settings.{name}")))
                throw Error(key.Line, $"{at}, key 'settings.{name}'", "the key is a duplicate", null);
        }
    }

    private List<CatalogueOption> ReadTraining(YamlScalar section, YamlNode value)
    {
        if (value is YamlScalar { IsNull: true }) return [];
        if (value is not YamlMapping mapping)
            throw Error(section.Line, $"key '{TrainingKey}'", $"is {value.Kind}, expected a mapping of options", null);
        return [.. mapping.Entries.Select(e => new CatalogueOption(
            e.Key.Value,
            e.Value is YamlSequence
                ? string.Join(',', Texts(e.Value, $"section '{TrainingKey}'", e.Key.Value))
                : Text(e.Value, $"section '{TrainingKey}'", e.Key.Value),
            e.Key.Line))];
    }

    private string Text(YamlNode node, string at, string key) => node is YamlScalar { IsNull: false, Value.Length: > 0 } scalar
        ? scalar.Value
        : throw Error(node.Line, $"{at}, key '{key}'", node is YamlScalar
            ? "is empty, expected a value"
            : $"is {node.Kind}, expected a single value", null);

    private List<string> Texts(YamlNode node, string at, string key) => node switch
    {
        YamlSequence { Items.Count: > 0 } list => [.. list.Items.Select(item => Text(item, at, key))],
        YamlSequence => throw Error(node.Line, $"{at}, key '{key}'", "the list is empty, expected at least one name", null),
        _ => throw Error(node.Line, $"{at}, key '{key}'", $"is {node.Kind}, expected a list", $"Write '{key}: [A, B]'."),
    };

    private ArkInputException Error(int line, string at, string problem, string? hint, Exception? inner = null) =>
        new(source, CataloguePlace.Of(line, at), problem, hint, inner);
}
