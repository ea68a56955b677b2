namespace Ark.Data;

/// <summary>
/// Reads lists whose rows name an image and its masks, relative to the data folder and separated by tabs or commas: one mask for each
/// structure in their order, or one label map. Settings: <c>values.STRUCTURE</c>, see <see cref="LabelValues"/>; <c>spacing</c>;
/// <c>patient_pattern</c>.
/// </summary>
internal sealed class MaskListAdapter : SegmentationListAdapter
{
    private readonly LabelValues _values;

    /// <summary>Creates the adapter.</summary>
    /// <exception cref="ArkInputException">A setting is unknown.</exception>
    public MaskListAdapter(DatasetDefinition definition)
        : base(
            definition,
            new AdapterSettings(definition, AdapterPreset.None, LabelValues.Prefix, "spacing", "patient_pattern"),
            spacing: null)
    {
        StructureNames.PartsOf(definition, [], new Dictionary<string, string[]>(StringComparer.Ordinal));
        _values = LabelValues.Of(Settings, Structures);
    }

    /// <inheritdoc/>
    protected override IEnumerable<SegmentationSample> Read(string list, DatasetSplit split, CancellationToken cancellationToken) =>
        ListFile.ReadLines(list, cancellationToken).Select(line => Find(list, line));

    private SegmentationSample Find(string list, ListLine line)
    {
        var fields = line.Text.Split(line.Text.Contains('\t', StringComparison.Ordinal) ? '\t' : ',', StringSplitOptions.TrimEntries);
        var masks = fields.Length - 1;
        if (masks != 1 && masks != Structures.Count)
        {
            throw new ArkInputException(list, $"line {line.Number}", $"names {masks} mask(s), expected "
                + $"{(Structures.Count == 1 ? "1" : $"1 (a label map) or {Structures.Count}")}",
                $"A row is an image and a mask for each of {string.Join(", ", Structures)}, separated by tabs or commas.");
        }

        string[] files = [.. fields.Select(f => ImagePath.Resolve(Definition.DataDirectory, f, list, line.Number))];
        // With one structure a picture of any two values will do, unless its value is named.
        MaskSource source = masks == Structures.Count && !(masks == 1 && Settings.Below(LabelValues.Prefix).Count > 0)
            ? new MaskFiles([.. files.Skip(1).Select(f => (IReadOnlyList<string>)[f])])
            : new LabelMapFile(files[1], _values);
        return Sample(fields[0], files[0], source);
    }
}
