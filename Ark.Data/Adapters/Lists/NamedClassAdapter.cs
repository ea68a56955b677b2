namespace Ark.Data;

/// <summary>
/// Reads lists of image names, one a line, whose names tell the class: the folder that the image lies in (TBX11K: <c>health</c>,
/// <c>sick</c>, <c>tb</c>) or the last character of the name (Montgomery: <c>MCUCXR_0001_0.png</c>). For its settings see
/// <see cref="ImageFinder"/>.
/// </summary>
internal sealed class NamedClassAdapter : RowAdapter
{
    private readonly ImageFinder _images;
    private readonly Func<string, string> _wordOf;
    private readonly string[] _words;
    private readonly int[] _labelOf;

    /// <summary>Creates the adapter.</summary>
    /// <param name="definition">The dataset: multi-class with as many labels as there are words, in their order or by their names, or
    /// binary for the last word alone.</param>
    /// <param name="wordOf">The part of a name that tells the class.</param>
    /// <param name="words">What it says, class by class.</param>
    /// <exception cref="ArkInputException">A setting is unknown, or the labels do not fit the words.</exception>
    public NamedClassAdapter(DatasetDefinition definition, Func<string, string> wordOf, params string[] words)
        : base(definition)
    {
        _images = new ImageFinder(definition, new AdapterSettings(definition, AdapterPreset.None, ImageFinder.Settings));
        _wordOf = wordOf;
        _words = words;
        _labelOf = [.. Enumerable.Range(0, words.Length)];
        int[] named = [.. words.Select(w => Labels.Names.ToList().FindIndex(n => n.Equals(w, StringComparison.OrdinalIgnoreCase)))];
        if (Labels.Task == LabelTask.Binary && named[..^1].All(n => n < 0)) return;
        if (Labels.Task == LabelTask.MultiClass && Labels.Count == words.Length)
        {
            if (!named.Contains(-1)) _labelOf = named;
            // Words of the names that stand for another class than they name would be read the wrong way round.
            if (_labelOf == named || Enumerable.Range(0, words.Length).All(w => named[w] < 0 || named[w] == w)) return;
        }

        throw new ArkInputException(
            definition.Source,
            $"dataset '{definition.Name}', key 'diseases'",
            $"the names tell {words.Length} classes ({string.Join(", ", words)}), and {Labels.Count} label(s) of a {Labels.Task} task do "
                + $"not fit",
            $"Give {words.Length} classes under these names or in this order, or one label of a binary task for '{words[^1]}'.");
    }

    /// <summary>The folder that an image lies in.</summary>
    public static string FolderOf(string name) => Path.GetFileName(Path.GetDirectoryName(name.Replace('\\', '/'))) ?? "";

    /// <summary>The last character of a name without its extension.</summary>
    public static string LastCharacterOf(string name) => Path.GetFileNameWithoutExtension(name) is [.., var last] ? last.ToString() : "";

    /// <inheritdoc/>
    protected override void Read(
        string list, DatasetSplit split, List<ImageSample> samples, ReadingNotes notes, Action<ArkInputException> problem,
        CancellationToken cancellationToken)
    {
        foreach (var line in ListFile.ReadLines(list, cancellationToken))
        {
            try
            {
                var image = _images.Find(line.Text, list, line.Number, split, cancellationToken: cancellationToken);
                samples.Add(new ImageSample(image, Targets(list, line))
                {
                    PatientId = _images.Patient(line.Text),
                    Place = new(list, line.Number),
                });
            }
            catch (ArkInputException e)
            {
                problem(e);
            }
        }
    }

    private float[] Targets(string list, ListLine line)
    {
        var word = _wordOf(line.Text);
        var index = Array.FindIndex(_words, w => w.Equals(word, StringComparison.OrdinalIgnoreCase));
        if (index < 0)
            throw new ArkInputException(
                list,
                $"line {line.Number}",
                $"'{word}' in the name '{line.Text}' tells no class",
                $"Expected {string.Join(", ", _words)}.");
        if (Labels.Task == LabelTask.Binary) return [index == _words.Length - 1 ? 1 : 0];
        var targets = new float[Labels.Count];
        targets[_labelOf[index]] = 1;
        return targets;
    }
}
