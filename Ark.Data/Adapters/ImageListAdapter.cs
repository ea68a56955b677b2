using System.Globalization;

namespace Ark.Data;

/// <summary>
/// Reads the published text lists. A row is an image name and, by the task: one 0 or 1 per label (multi-label: ChestXray14, VinDrCXR),
/// one class index (multi-class: RSNAPneumonia), or one 0 or 1 (binary: Shenzhen). Fields are separated by blanks, tabs or commas.
/// Setting <c>extension</c>: what to append to names that do not end with it, such as <c>.jpeg</c>.
/// </summary>
internal sealed class ImageListAdapter : IDatasetAdapter
{
    private readonly DatasetDefinition _definition;
    private readonly string _extension;

    /// <summary>Creates the adapter.</summary>
    /// <param name="definition">The dataset.</param>
    /// <param name="extension">What names lack, where the setting does not say.</param>
    /// <exception cref="ArkInputException">A setting is unknown.</exception>
    public ImageListAdapter(DatasetDefinition definition, string extension = "")
    {
        _definition = definition;
        _extension = new AdapterSettings(definition, "extension").Text("extension", extension);
    }

    /// <inheritdoc/>
    public LabelSchema Labels => _definition.Labels;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default)
    {
        var list = _definition.ListOf(split);
        return new(Task.Run<IReadOnlyList<ImageSample>>(() => Read(list, cancellationToken), cancellationToken));
    }

    private List<ImageSample> Read(string list, CancellationToken cancellationToken)
    {
        var fields = new Range[Labels.Task == LabelTask.MultiLabel ? Labels.Count : 1];
        var samples = new List<ImageSample>();
        foreach (var line in ListFile.ReadLines(list, cancellationToken))
        {
            if (!ListRow.TrySplit(line.Text, fields, out var name)) throw WrongCount(list, line, fields.Length);
            var targets = Targets(list, line, fields);
            samples.Add(new ImageSample(new ImageFile(Find(list, line, name)), targets));
        }

        if (samples.Count == 0) throw new ArkInputException(list, null, "the list is empty", "A list has one row a line: an image name and its labels.");
        return samples;
    }

    private string Find(string list, ListLine line, string name)
    {
        ImagePath.Check(name, list, line.Number);
        var full = name.EndsWith(_extension, StringComparison.OrdinalIgnoreCase) ? name : name + _extension;
        // A row with too many labels looks like a name that ends with numbers; such names exist, so the file decides.
        if (ListRow.CountNumbers(name) > 0 && !File.Exists(Path.Combine(_definition.DataDirectory, full)))
            throw WrongCount(list, line, Labels.Task == LabelTask.MultiLabel ? Labels.Count : 1);
        return ImagePath.Resolve(_definition.DataDirectory, full, list, line.Number);
    }

    private float[] Targets(string list, ListLine line, ReadOnlySpan<Range> fields)
    {
        var targets = new float[Labels.Count];
        if (Labels.Task == LabelTask.MultiClass)
        {
            targets[ClassIndex(list, line, line.Text.AsSpan(fields[0]))] = 1;
            return targets;
        }

        for (var k = 0; k < targets.Length; k++)
        {
            targets[k] = line.Text.AsSpan(fields[k]) switch
            {
                "0" => 0,
                "1" => 1,
                var other => throw new ArkInputException(
                    list,
                    $"line {line.Number}",
                    $"the label {k + 1} ({Labels.Names[k]}) is '{other}', expected 0 or 1",
                    "Write 1 where the finding is present and 0 where it is absent."),
            };
        }

        return targets;
    }

    private int ClassIndex(string list, ListLine line, ReadOnlySpan<char> field)
    {
        // int.TryParse takes ASCII digits only, whatever the culture; NumberStyles.None refuses signs and blanks.
        if (int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < Labels.Count) return index;
        throw new ArkInputException(
            list,
            $"line {line.Number}",
            $"the class label is '{field}', expected a number in the range 0 to {Labels.Count - 1}",
            $"The classes are {string.Join(", ", Labels.Names.Select((n, i) => $"{i} = {n}"))}.");
    }

    private static ArkInputException WrongCount(string list, ListLine line, int expected)
    {
        var found = ListRow.CountNumbers(line.Text);
        var hint = found == 0 && line.Text.Contains(';', StringComparison.Ordinal) ? "; semicolons separate nothing here" : "";
        return new ArkInputException(
            list,
            $"line {line.Number}",
            $"the row has {found} label(s), expected {expected}{hint}",
            $"A row is an image name and {expected} label(s), separated by blanks, tabs or commas.");
    }
}
