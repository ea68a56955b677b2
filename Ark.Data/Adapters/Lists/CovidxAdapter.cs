namespace Ark.Data;

/// <summary>
/// Reads COVIDx lists: <c>PATIENT NAME CLASS SOURCE</c> a row, separated by blanks. The images lie below <c>train</c> or <c>test</c>: by
/// the split, and where there is no such file, in the other folder or in the data folder itself. Editions with two classes say
/// <c>positive</c> for <c>COVID-19</c>; <c>values.WORD</c> explains other words. For its other settings see <see cref="ImageFinder"/>.
/// </summary>
internal sealed class CovidxAdapter : RowAdapter
{
    private const string Form = "A row is a patient, an image name, a class and a source, separated by blanks.";

    // The editions call the same thing by different words.
    private static readonly Dictionary<string, string> OtherWords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["positive"] = "COVID-19",
        ["COVID-19"] = "positive",
        ["COVID"] = "COVID-19",
    };

    private readonly ImageFinder _images;
    private readonly Dictionary<string, string> _values;

    /// <summary>Creates the adapter.</summary>
    /// <param name="definition">The dataset.</param>
    /// <exception cref="ArkInputException">A setting is unknown, or the task is not to tell classes apart.</exception>
    public CovidxAdapter(DatasetDefinition definition)
        : base(definition)
    {
        var settings = new AdapterSettings(definition, AdapterPreset.None, [.. ImageFinder.Settings, "values."]);
        _images = new ImageFinder(definition, settings);
        _values = settings.Below("values.");
        if (Labels.Task != LabelTask.MultiClass)
            throw new ArkInputException(
                definition.Source,
                $"dataset '{definition.Name}', key 'task_type'",
                "COVIDx lists have one class an image",
                "Write 'task_type: multi-class classification'.");
    }

    /// <inheritdoc/>
    protected override void Read(
        string list, DatasetSplit split, List<ImageSample> samples, ReadingNotes notes, Action<ArkInputException> problem,
        CancellationToken cancellationToken)
    {
        foreach (var line in ListFile.ReadLines(list, cancellationToken))
        {
            try
            {
                samples.Add(Sample(list, line, split, cancellationToken));
            }
            catch (ArkInputException e)
            {
                problem(e);
            }
        }
    }

    private ImageSample Sample(string list, ListLine line, DatasetSplit split, CancellationToken cancellationToken)
    {
        var fields = line.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 4)
            throw new ArkInputException(list, $"line {line.Number}", $"the row has {fields.Length} fields, expected 4", Form);
        var targets = new float[Labels.Count];
        var word = fields[^2];
        var index = ClassOf(_values.GetValueOrDefault(word, word));
        if (index < 0)
            throw new ArkInputException(
                list,
                $"line {line.Number}",
                $"the class '{word}' is unknown",
                $"{NameSuggestion.For(word, [.. Labels.Names], "The classes are")} "
                + $"'settings: {{values: {{{word}: CLASS}}}}' explains other words.");
        targets[index] = 1;
        // Names may hold blanks: everything between the patient and the class.
        var name = string.Join(' ', fields[1..^2]);
        ImagePath.CheckLength(name, list, line.Number);
        var image = _images.Find(Below(name, split), list, line.Number, split, cancellationToken: cancellationToken);
        return new ImageSample(image, targets)
        {
            PatientId = fields[0],
            Place = new(list, line.Number),
        };
    }

    private int ClassOf(string word)
    {
        var names = Labels.Names.ToList();
        var exact = names.IndexOf(word);
        if (exact >= 0) return exact;
        var named = names.FindIndex(n => n.Equals(word, StringComparison.OrdinalIgnoreCase));
        if (named >= 0 || !OtherWords.TryGetValue(word, out var other)) return named;
        return names.FindIndex(n => n.Equals(other, StringComparison.OrdinalIgnoreCase));
    }

    private string Below(string name, DatasetSplit split)
    {
        string[] folders = split == DatasetSplit.Train ? ["train/", "test/", ""] : ["test/", "train/", ""];
        return (folders.FirstOrDefault(f => _images.Exists(f + name, split)) ?? folders[0]) + name;
    }
}
