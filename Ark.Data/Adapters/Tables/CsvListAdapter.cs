namespace Ark.Data;

/// <summary>
/// Reads a CSV with a header; everything is found by column name, never by position. Settings, beside those of <see cref="ImageFinder"/>:
/// <c>image_column</c>; <c>patient_column</c>; <c>split_column</c>, where one file holds all splits, with <c>splits.train</c> and so on for
/// its words (several with commas); <c>rows</c>: <c>each</c> row is an image (default), or the rows of one image are joined, a finding
/// being present if <c>any</c> row or the <c>majority</c> says so; and those of <see cref="CsvLabels"/>.
/// </summary>
internal sealed class CsvListAdapter : RowAdapter
{
    /// <summary>What columns of image names are called, in order of preference.</summary>
    internal static readonly string[] ImageColumns = ["Path", "image_path", "image", "Image Index", "filename", "img_id", "image_id"];
    private static readonly string[] Settings =
        [.. ImageFinder.Settings, .. CsvLabels.Settings, "image_column", "patient_column", "split_column", "splits.", "rows"];

    private readonly AdapterSettings _settings;
    private readonly ImageFinder _images;
    private readonly CsvLabelSettings _labels;
    private readonly string _rows;

    /// <summary>Creates the adapter.</summary>
    /// <param name="definition">The dataset.</param>
    /// <param name="preset">What holds where the dataset says nothing.</param>
    /// <exception cref="ArkInputException">A setting is unknown or has an unknown value.</exception>
    public CsvListAdapter(DatasetDefinition definition, AdapterPreset preset)
        : base(definition)
    {
        _settings = new AdapterSettings(definition, preset, Settings);
        _images = new ImageFinder(definition, _settings);
        _labels = new CsvLabelSettings(definition, _settings);
        _rows = _settings.Choice("rows", "each", "any", "majority");
        foreach (var split in _settings.Below("splits.").Keys)
        {
            if (SplitNames.All.All(s => s.Word() != split))
                throw _settings.Error("splits." + split, "is no split", "The splits are train, val, test.");
        }
    }

    /// <inheritdoc/>
    protected override ArkInputException Empty(string list, DatasetSplit split) => _settings.Text("split_column") is { } column
        ? new(
            list,
            null,
            $"the list is empty: no row of the column '{column}' belongs to the split '{split.Word()}'",
            $"Set 'settings: {{splits: {{{split.Word()}: WORD}}}}'.")
        : new(list, null, "the list is empty: it has no row below its header");

    /// <inheritdoc/>
    protected override void Read(
        string list, DatasetSplit split, List<ImageSample> samples, Action<ArkInputException> problem, CancellationToken cancellationToken)
    {
        using var csv = CsvTable.Open(list);
        var image = _settings.Text("image_column") is { } named
            ? csv.Column(named)
            : csv.AnyColumn(ImageColumns, "Set 'settings: {image_column: NAME}'.");
        var patient = PatientColumn(csv);
        var labels = new CsvLabels(csv, _labels, split);
        var splits = _settings.Text("split_column") is { } column
            ? new CsvSplits(csv, csv.Column(column), _settings.Below("splits."))
            : null;
        // Of rows that follow one another with the same name, the file is looked for once; a template may go by more than the name.
        (string? Name, ImageFile? File) last = default;
        var repeats = _settings.Text("image_path") is null;
        var joined = _rows == "each" ? null : new RowJoiner(_rows == "majority", Labels.Task);
        while (csv.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                csv.CheckRow();
                if (splits is not null && splits.Current() != split) continue;
                var targets = labels.Targets();
                var name = csv[image];
                if (joined is not null && joined.TryJoin(csv, name, targets, samples)) continue;
                var patientId = patient < 0 ? _images.Patient(name) : csv[patient];
                var file = repeats && name == last.Name ? last.File! : _images.Find(name, list, csv.Line, split);
                last = (name, file);
                samples.Add(new ImageSample(file, targets)
                {
                    PatientId = patientId is "" ? null : patientId,
                    Place = new(list, csv.Line),
                });
                joined?.Add(name, samples.Count - 1, targets);
            }
            catch (ArkInputException e)
            {
                problem(e);
            }
        }

        joined?.Finish(samples);
    }

    // A preset's column is taken where it is there: lists in circulation often lack it.
    private int PatientColumn(CsvTable csv) =>
        _settings.Text("patient_column") is { } name && (_settings.IsGiven("patient_column") || csv.Has(name)) ? csv.Column(name) : -1;
}
