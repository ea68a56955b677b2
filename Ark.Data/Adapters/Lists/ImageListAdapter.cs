using System.Globalization;

namespace Ark.Data;

/// <summary>
/// Reads the published text lists. A row is an image name and, by the task: one 0 or 1 per label (multi-label: ChestXray14, VinDrCXR),
/// one class index (multi-class: RSNAPneumonia), or one 0 or 1 (binary: Shenzhen). Fields are separated by blanks, tabs or commas. An
/// unlabeled row is the name alone.
/// For its settings see <see cref="ImageFinder"/>.
/// </summary>
internal sealed class ImageListAdapter : RowAdapter
{
    private readonly ImageFinder _images;

    /// <summary>Creates the adapter.</summary>
    /// <param name="definition">The dataset.</param>
    /// <param name="preset">What holds where the dataset says nothing.</param>
    /// <exception cref="ArkInputException">A setting is unknown.</exception>
    public ImageListAdapter(DatasetDefinition definition, AdapterPreset preset)
        : base(definition) =>
        _images = new ImageFinder(definition, new AdapterSettings(definition, preset, ImageFinder.Settings));

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
        var fields = new Range[Labels.Task is LabelTask.MultiLabel or LabelTask.Unlabeled ? Labels.Count : 1];
        if (!ListRow.TrySplit(line.Text, fields, out var name)) throw WrongCount(list, line, fields.Length);
        var targets = Targets(list, line, fields);
        // A row with too many labels looks like a name that ends with numbers; such names exist, so the file decides.
        ImagePath.CheckLength(name, list, line.Number);
        if (ListRow.CountNumbers(name) > 0 && !_images.Exists(name, split)) throw WrongCount(list, line, fields.Length);
        return new ImageSample(_images.Find(name, list, line.Number, split, cancellationToken: cancellationToken), targets)
        {
            PatientId = _images.Patient(name),
            Place = new(list, line.Number),
        };
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
            expected == 0
                ? "A row of an unlabeled dataset is an image name alone."
                : $"A row is an image name and {expected} label(s), separated by blanks, tabs or commas.");
    }
}
