namespace Ark.Data;

/// <summary>
/// Reads datasets that keep images and masks in folders, by lists of image names, one a line; without lists, every image of
/// <c>SPLIT/images</c> (see <see cref="ImageFolder"/>). Settings: <c>image_path</c> and <c>mask_path</c>, templates with <c>{name}</c>,
/// <c>{stem}</c>, <c>{folder}</c> and <c>{file}</c> (what is before and after the last slash), <c>{split}</c> and <c>{structure}</c> (a
/// mask path without <c>{structure}</c> is a label map, whose values <c>values.STRUCTURE</c> names); <c>parts.STRUCTURE</c>, the masks that
/// make up one structure, joined by <c>+</c>; <c>spacing</c>; <c>patient_pattern</c>.
/// </summary>
internal sealed class MaskFileAdapter : SegmentationListAdapter
{
    private const string Parts = "parts.";

    private readonly MaskLayout _layout;
    private readonly IReadOnlyList<string> _images;
    private readonly IReadOnlyList<string> _masks;
    private readonly string[][] _parts;
    private readonly LabelValues? _values;

    /// <summary>Creates the adapter.</summary>
    /// <exception cref="ArkInputException">A setting or a structure is unknown.</exception>
    public MaskFileAdapter(DatasetDefinition definition, MaskLayout layout)
        : base(definition, new AdapterSettings(
            definition, AdapterPreset.None, "image_path", "mask_path", Parts, LabelValues.Prefix, "spacing",
            "patient_pattern"), layout.Spacing)
    {
        _layout = layout;
        _images = Settings.Text("image_path") is { } image ? [image] : layout.Images;
        _masks = Settings.Text("mask_path") is { } mask ? [mask] : layout.Masks;
        var joined = layout.Joined.ToDictionary(StringComparer.Ordinal);
        foreach (var (structure, parts) in Settings.Below(Parts))
        {
            if (!Structures.Contains(structure, StringComparer.Ordinal))
                throw Settings.Error(
                    Parts + structure,
                    $"'{structure}' is not among the dataset's structures",
                    NameSuggestion.For(structure, Structures, "They are"));
            joined[structure] = parts.Split('+', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }

        _parts = StructureNames.PartsOf(definition, layout.Structures, joined);
        var isLabelMap = _masks.All(m => !m.Contains("{structure}", StringComparison.Ordinal));
        if (isLabelMap) _values = LabelValues.Of(Settings, Structures);
        // Neither can have an effect, so who wrote it expects another reading than he gets.
        var (without, why, hint) = isLabelMap
            ? (
                Parts,
                "joins masks, but the masks are label maps: 'mask_path' has no {structure}",
                "Leave 'parts' out, or put {structure} into 'mask_path'.")
            : (
                LabelValues.Prefix,
                "names the values of label maps, but 'mask_path' has a {structure}: a mask for each",
                "Leave 'values' out, or take {structure} out of 'mask_path'.");
        if (Settings.Below(without).Keys.FirstOrDefault() is { } setting) throw Settings.Error(without + setting, why, hint);
    }

    /// <inheritdoc/>
    protected override IEnumerable<SegmentationSample> Read(string list, DatasetSplit split, CancellationToken cancellationToken)
    {
        if (Directory.Exists(list)) return ReadFolder(list, split, cancellationToken);
        return ListFile.ReadLines(list, cancellationToken).Select(line => Find(line.Text, list, line.Number, split, ""));
    }

    private IEnumerable<SegmentationSample> ReadFolder(string root, DatasetSplit split, CancellationToken cancellationToken)
    {
        var folder = split.Synonyms().FirstOrDefault(word => Directory.Exists(Path.Combine(root, word, "images")))
            ?? throw new ArkInputException(
                Definition.Source,
                $"dataset '{Definition.Name}'",
                $"has no '{split.Word()}_list', and there is no folder '{split.Word()}/images' in '{root}'",
                "Name the lists, or make the folders.");
        // In order of their names, so that a seed means the same everywhere.
        var images = ImageFolder.Enumerate(
            Path.Combine(root, folder, "images"), others: [RawRadiograph.Extension], cancellationToken: cancellationToken);
        string[] names = [.. images
            .Select(f => Path.GetFileName(f)!)
            .Order(StringComparer.Ordinal)];
        if (names.Length == 0)
            throw new ArkInputException(Path.Combine(root, folder, "images"), null, "has no images", $"Images are DICOM, or end in "
                + $"{string.Join(", ", ImageFolder.Endings.Append(RawRadiograph.Extension).Order(StringComparer.Ordinal))}.");
        return names.Select(name => Find(name, Path.Combine(root, folder), 0, split, folder + "/"));
    }

    private SegmentationSample Find(string name, string list, int line, DatasetSplit split, string folder)
    {
        ImagePath.Check(name, list, line);
        var (image, _) = Locate(_images, "");
        // As lists have it that were made on Windows.
        if (image is null && name.Contains('\\', StringComparison.Ordinal))
            return Find(name.Replace('\\', '/'), list, line, split, folder);
        if (image is null)
            throw new ArkInputException(
                list,
                Place(line),
                $"the image '{name}' was not found in '{Definition.DataDirectory}'",
                "Put the file there, correct the row, or correct 'data_dir'.");
        return Sample(name, image, _values is { } values
            ? new LabelMapFile(Mask(""), values)
            : new MaskFiles([.. _parts.Select(p => (IReadOnlyList<string>)[.. p.Select(Mask)])], _layout.MasksMayHalve));

        string Mask(string part)
        {
            // The data sets themselves write "left lung"; a catalogue's words have no blanks.
            var named = _layout.FolderOf.GetValueOrDefault(part, part);
            var (found, first) = Locate(_masks, named);
            return found ?? Locate(_masks, named.Replace('_', ' ')).Found
                ?? throw new ArkInputException(
                    list,
                    Place(line),
                    $"the mask '{first}' of '{name}' was not found in '{Definition.DataDirectory}'",
                    "Put the mask there, take the image out of the list, or set 'settings: {mask_path: TEMPLATE}'.");
        }

        (string? Found, string First) Locate(IEnumerable<string> templates, string part)
        {
            var places = templates.Select(t => folder + Fill(t, name, split, part)).ToList();
            return (places.Select(p => Path.Combine(Definition.DataDirectory, p)).FirstOrDefault(File.Exists), places[0]);
        }
    }

    private string Fill(string template, string name, DatasetSplit split, string part) => template
        .Replace("{split}", split.Word(), StringComparison.Ordinal)
        .Replace("{structure}", part, StringComparison.Ordinal)
        .Replace("{stem}", Stem(name), StringComparison.Ordinal)
        .Replace("{folder}", Path.GetDirectoryName(name), StringComparison.Ordinal)
        .Replace("{file}", Path.GetFileName(name), StringComparison.Ordinal)
        .Replace("{name}", name, StringComparison.Ordinal);

    private string Stem(string name)
    {
        if (_layout.Endings.Count == 0) return Path.ChangeExtension(name, null);
        foreach (var ending in _layout.Endings)
        {
            if (name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) name = name[..^ending.Length];
        }

        return name;
    }

    private static string? Place(int line) => line > 0 ? $"line {line}" : null;
}
