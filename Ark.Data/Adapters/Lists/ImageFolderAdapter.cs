namespace Ark.Data;

/// <summary>
/// Reads folders of images, one folder per class, named as the class (case aside) or as <c>folders.CLASS</c> says, with all folders below
/// it. A list is the folder that holds them; where a dataset has no lists, its data folder does, below a folder per split (<c>train</c>,
/// <c>val</c>, <c>test</c>) where there is one. A binary set has two folders: that of its label, and <c>folders.negative</c> (default
/// <c>negative</c>). An unlabeled set has no folders of classes: all images below are its own. Other settings: <c>patient_pattern</c>, see
/// <see cref="ImageFinder"/>.
/// </summary>
internal sealed class ImageFolderAdapter : RowAdapter
{
    private const string Negative = "negative";

    private readonly ImageFinder _images;
    private readonly Dictionary<string, string> _folders;

    /// <summary>Creates the adapter.</summary>
    /// <param name="definition">The dataset.</param>
    /// <exception cref="ArkInputException">A setting is unknown, or images could belong to several labels.</exception>
    public ImageFolderAdapter(DatasetDefinition definition)
        : base(definition)
    {
        var settings = new AdapterSettings(definition, AdapterPreset.None, "patient_pattern", "folders.");
        _images = new ImageFinder(definition, settings);
        _folders = settings.Below("folders.");
        if (Labels.Task == LabelTask.MultiLabel)
            throw new ArkInputException(
                definition.Source,
                $"dataset '{definition.Name}', key 'task_type'",
                "an image in a folder has one class",
                "Write 'multi-class classification' or 'binary classification'.");
        foreach (var label in _folders.Keys.Where(k => !Classes().Any(c => c.Name == k)))
            throw settings.Error(
                "folders." + label,
                $"'{label}' is not among the dataset's diseases",
                NameSuggestion.For(label, [.. Classes().Select(c => c.Name)], "The classes are"));
    }

    /// <inheritdoc/>
    protected override ArkInputException Empty(string list, DatasetSplit split) =>
        new(
            list,
            null,
            Labels.Task == LabelTask.Unlabeled ? "no image lies in the folder" : "the folder is empty: no class has an image",
            Labels.Task == LabelTask.Unlabeled
                ? "Name the folder that holds the images."
                : $"Its images lie in the folders {string.Join(", ", Classes().Select(c => c.Folder))}.");

    /// <inheritdoc/>
    protected override void Read(
        string list, DatasetSplit split, List<ImageSample> samples, ReadingNotes notes, Action<ArkInputException> problem,
        CancellationToken cancellationToken)
    {
        var root = list == Definition.DataDirectory ? SplitFolder(list, split) : list;
        foreach (var (name, folder, target) in Classes())
        {
            var path = Find(root, folder);
            if (path is null)
            {
                problem(new ArkInputException(
                    root,
                    null,
                    $"has no folder '{folder}' for the class '{name}'",
                    $"Make it, or set 'settings: {{folders: {{{name}: FOLDER}}}}'."));
                continue;
            }

            // In order of their names, so that a seed means the same everywhere.
            var files = ImageFolder.Enumerate(path, recursive: true, notes.PassedOver.Add, cancellationToken: cancellationToken);
            foreach (var file in files.Order(StringComparer.Ordinal))
            {
                // A folder for each patient has the name that the file lacks.
                var place = Path.GetRelativePath(path, file).Replace('\\', '/');
                samples.Add(new ImageSample(new ImageFile(file), (float[])target.Clone())
                {
                    PatientId = _images.Patient(place) ?? _images.Patient(Path.GetFileName(file)),
                });
            }
        }
    }

    private IEnumerable<(string Name, string Folder, float[] Target)> Classes()
    {
        if (Labels.Task == LabelTask.Unlabeled)
        {
            yield return ("images", "", []);
            yield break;
        }

        if (Labels.Task == LabelTask.Binary)
        {
            yield return (Negative, _folders.GetValueOrDefault(Negative, Negative), [0]);
            yield return (Labels.Names[0], _folders.GetValueOrDefault(Labels.Names[0], Labels.Names[0]), [1]);
            yield break;
        }

        for (var k = 0; k < Labels.Count; k++)
        {
            var target = new float[Labels.Count];
            target[k] = 1;
            yield return (Labels.Names[k], _folders.GetValueOrDefault(Labels.Names[k], Labels.Names[k]), target);
        }
    }

    private static string SplitFolder(string root, DatasetSplit split)
    {
        if (split.Synonyms().Select(word => Find(root, word)).FirstOrDefault(f => f is not null) is { } found) return found;
        if (SplitNames.All.SelectMany(s => s.Synonyms()).All(word => Find(root, word) is null)) return root;
        throw new ArkInputException(root, null, $"has no folder '{split.Word()}'", "Make it, or name the split's folder in the catalogue.");
    }

    private static string? Find(string root, string name)
    {
        if (!Directory.Exists(root)) return null;
        var exact = Path.Combine(root, name);
        return Directory.Exists(exact) ? exact : Directory.EnumerateDirectories(root)
            .Order(StringComparer.Ordinal)
            .FirstOrDefault(d => Path.GetFileName(d).Equals(name, StringComparison.OrdinalIgnoreCase));
    }
}
