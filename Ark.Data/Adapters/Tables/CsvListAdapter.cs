namespace Ark.Data;

/// <summary>
/// Reads a CSV with a header; everything is found by column name, never by position. Settings, beside those of <see cref="ImageFinder"/>:
/// <c>image_column</c>; <c>patient_column</c>; <c>split_column</c>, where one file holds all splits, with <c>splits.train</c> and so on for
/// its words (several with commas); <c>rows</c>: <c>each</c> row is an image (default), or the rows of one image are joined, a finding
/// being present if <c>any</c> row or the <c>majority</c> says so; <c>labels_list</c>, the table of the labels where the list names images
/// only (a list without labels may be plain text, a name a line), or <c>images_list</c>, the table of the images where the list has labels
/// only, both joined by <c>join_column</c> (the images' names, unless it is given); and those of <see cref="CsvLabels"/>.
/// </summary>
internal sealed class CsvListAdapter : RowAdapter
{
    private const string SplitWord = "split";

    /// <summary>What columns of image names are called, in order of preference.</summary>
    internal static readonly string[] ImageColumns = ["Path", "image_path", "image", "Image Index", "filename", "img_id", "image_id"];
    private static readonly string[] Settings =
        [.. ImageFinder.Settings, .. CsvLabels.Settings, "image_column", "patient_column", "split_column", "splits.", "rows",
            "labels_list", "images_list", "join_column"];

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
        string list, DatasetSplit split, List<ImageSample> samples, ReadingNotes notes, Action<ArkInputException> problem,
        CancellationToken cancellationToken)
    {
        var (images, labelsFile) = Files(list);
        var labels = labelsFile is null ? null : LabelsTable.Read(
            labelsFile,
            csv => KeyColumn(csv),
            PatientColumn,
            csv => new CsvLabels(csv, _labels, split, notes),
            problem,
            cancellationToken);
        if (ListFile.IsTable(images)) ReadTable(images, labels, split, samples, notes, problem, cancellationToken);
        else ReadNames(images, labels!, split, samples, problem, cancellationToken);
    }

    private void ReadTable(
        string list, LabelsTable? table, DatasetSplit split, List<ImageSample> samples, ReadingNotes notes,
        Action<ArkInputException> problem, CancellationToken cancellationToken)
    {
        using var csv = CsvTable.Open(list);
        var image = ImageColumn(csv);
        var patient = PatientColumn(csv);
        var labels = table is null ? new CsvLabels(csv, _labels, split, notes) : null;
        var key = table is null ? -1 : KeyColumn(csv);
        var splits = SplitColumn(csv, table) is { } column ? new CsvSplits(csv, column, _settings.Below("splits.")) : null;
        // Of rows that follow one another with the same name, the file is looked for once; a template may go by more than the name.
        (string? Name, ImageFile? File) last = default;
        var repeats = _settings.Text("image_path") is null;
        var joined = _rows == "each" ? null : new RowJoiner(_rows == "majority", Labels.Task);
        string? Field(string name) => csv.Has(name) ? csv[csv.Column(name)] : null;
        while (csv.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                csv.CheckRow();
                if (splits is not null && splits.Current() != split) continue;
                string? tablesPatient = null;
                if (labels?.Targets() is not { } targets && !table!.TryGet(csv[key], out targets, out tablesPatient))
                {
                    notes.Unlabeled++;
                    continue;
                }

                var name = csv[image];
                if (joined is not null && joined.TryJoin(csv, name, targets, samples)) continue;
                var patientId = patient < 0 ? tablesPatient ?? _images.Patient(name) : csv[patient];
                var file = repeats && name == last.Name
                    ? last.File!
                    : _images.Find(name, list, csv.Line, split, Field, cancellationToken);
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

    private void ReadNames(
        string list, LabelsTable table, DatasetSplit split, List<ImageSample> samples, Action<ArkInputException> problem,
        CancellationToken cancellationToken)
    {
        foreach (var line in ListFile.ReadLines(list, cancellationToken))
        {
            try
            {
                if (!table.TryGet(Path.GetFileName(line.Text), out var targets, out var patient))
                    throw new ArkInputException(
                        list,
                        $"line {line.Number}",
                        $"the image '{line.Text}' has no row in the table of labels '{table.Path}'",
                        "Correct the row, or set 'settings: {labels_list: FILE}'.");
                samples.Add(new ImageSample(
                    _images.Find(line.Text, list, line.Number, split, cancellationToken: cancellationToken), targets)
                {
                    PatientId = patient is { Length: > 0 } ? patient : _images.Patient(line.Text),
                    Place = new(list, line.Number),
                });
            }
            catch (ArkInputException e)
            {
                problem(e);
            }
        }
    }

    // One file, as a rule. Publishers have labels in one and the images of the splits in another.
    private (string Images, string? Labels) Files(string list)
    {
        if (!ListFile.IsTable(list)) return (list, Beside(list, "labels_list") ?? throw NoLabels(list));
        if (_settings.IsGiven("labels_list")) return (list, Beside(list, "labels_list"));
        if (_settings.Text("images_list") is null && _settings.Text("labels_list") is null) return (list, null);
        using var csv = CsvTable.Open(list);
        if (HasImages(csv))
        {
            var hasLabels = (_labels.FindingsColumn is { } findings && csv.Has(findings)) || Labels.Names.Any(csv.Has);
            return hasLabels ? (list, null) : (list, Beside(list, "labels_list"));
        }

        return Beside(list, "images_list") is { } images ? (images, list) : (list, null);
    }

    private ArkInputException NoLabels(string list) =>
        new(
            list,
            null,
            "names images without labels, and the table of labels is not beside it",
            $"Put it there{(_settings.Text("labels_list") is { } usual ? $" ({usual})" : "")}, or set 'settings: {{labels_list: FILE}}'.");

    // The catalogue names one file; a preset names the usual ones, packed or not.
    private string? Beside(string list, string key)
    {
        if (_settings.Text(key) is not { } named) return null;
        string[] folders =
        [
            Path.GetDirectoryName(Path.GetFullPath(list))!, Definition.DataDirectory,
            Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Definition.DataDirectory)))
                ?? Definition.DataDirectory,
        ];
        var names = _settings.IsGiven(key) ? [named] : named.Split(',').SelectMany(n => new[] { n, n + ".gz" }).ToArray();
        var found = folders.SelectMany(folder => names.Select(n => Path.Combine(folder, n))).FirstOrDefault(File.Exists);
        if (found is null && _settings.IsGiven(key))
            throw _settings.Error(key, $"'{named}' does not exist", "Correct the path; it is relative to the list's folder or 'data_dir'.");
        return found;
    }

    // Of a preset those that are usual, in order of preference; where it has none, those of any list.
    private string[] UsualImageColumns => _settings.Text("image_column")?.Split(',') ?? ImageColumns;

    private bool HasImages(CsvTable csv) =>
        _settings.IsGiven("image_column") ? csv.Has(_settings.Text("image_column")!) : UsualImageColumns.Any(csv.Has);

    private int ImageColumn(CsvTable csv) => _settings.IsGiven("image_column")
        ? csv.Column(_settings.Text("image_column")!)
        : csv.AnyColumn(UsualImageColumns, "Set 'settings: {image_column: NAME}'.");

    private int KeyColumn(CsvTable csv) => _settings.Text("join_column") is { } key ? csv.Column(key) : ImageColumn(csv);

    private int? SplitColumn(CsvTable csv, LabelsTable? table)
    {
        if (_settings.Text("split_column") is { } column) return csv.Column(column);
        return table is not null && csv.Has(SplitWord) ? csv.Column(SplitWord) : null;
    }

    // A preset's column is taken where it is there: lists in circulation often lack it.
    private int PatientColumn(CsvTable csv) =>
        _settings.Text("patient_column") is { } name && (_settings.IsGiven("patient_column") || csv.Has(name)) ? csv.Column(name) : -1;
}
