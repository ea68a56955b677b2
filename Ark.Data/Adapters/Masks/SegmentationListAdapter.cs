using System.Globalization;

namespace Ark.Data;

/// <summary>
/// What the adapters share: structures, the splits' lists, the size of a pixel (<c>spacing</c>, in mm), and patients
/// (<c>patient_pattern</c>).
/// </summary>
internal abstract class SegmentationListAdapter(DatasetDefinition definition, AdapterSettings settings, PixelSpacing? spacing)
    : ISegmentationAdapter
{
    private readonly System.Text.RegularExpressions.Regex? _patient = settings.Pattern("patient_pattern");
    private readonly PixelSpacing? _spacing = SpacingOf(settings) ?? spacing;

    /// <inheritdoc/>
    public IReadOnlyList<string> Structures => definition.Labels.Names;

    protected DatasetDefinition Definition => definition;

    protected AdapterSettings Settings => settings;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SegmentationSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default)
    {
        var list = definition.ListOf(split);
        SegmentationSample[] samples = [.. Read(list, split, cancellationToken)];
        if (samples.Length == 0) throw new ArkInputException(list, null, "names no image", "Write one image a line.");
        return ValueTask.FromResult<IReadOnlyList<SegmentationSample>>(samples);
    }

    /// <summary>Reads one split.</summary>
    protected abstract IEnumerable<SegmentationSample> Read(string list, DatasetSplit split, CancellationToken cancellationToken);

    /// <summary>Puts a sample together.</summary>
    protected SegmentationSample Sample(string name, string path, MaskSource masks) =>
        new(SourceOf(path), masks) { PatientId = PatientOf(name), Spacing = _spacing };

    /// <summary>A raw film by its ending; else what the decoder knows.</summary>
    private static ImageSource SourceOf(string path) =>
        path.EndsWith(RawRadiograph.Extension, StringComparison.OrdinalIgnoreCase) ? new RawRadiograph(path) : new ImageFile(path);

    private string? PatientOf(string name)
    {
        if (_patient?.Match(name) is not { Success: true } match) return null;
        var group = match.Groups[match.Groups.Count > 1 ? 1 : 0];
        return group.Length > 0 ? group.Value : null;
    }

    private static PixelSpacing? SpacingOf(AdapterSettings settings)
    {
        if (settings.Text("spacing") is not { } text) return null;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is > 0 and < 1000
            ? new PixelSpacing(value)
            : throw settings.Error("spacing", $"'{text}' is invalid", "Give the side of a pixel in millimetres.");
    }
}
