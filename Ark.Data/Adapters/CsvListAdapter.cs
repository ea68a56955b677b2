using System.Globalization;

namespace Ark.Data;

/// <summary>
/// Reads a CSV with a header. Labels are found by column name, never by position: for multi-label sets one column per label (1 present,
/// 0 absent, empty missing, -1 uncertain), for multi-class sets one column with the class index or name, for binary sets one column.
/// Settings: <c>image_column</c>; <c>class_column</c> (default <c>label</c>); <c>columns.LABEL</c>, the column of a label where it has another name;
/// <c>patient_column</c>; <c>uncertain</c>: <c>ignore</c> (default; left out of loss and metrics), <c>ones</c> or <c>zeros</c>;
/// <c>missing</c>: <c>ignore</c> (default) or <c>zeros</c>, as the original reads them.
/// </summary>
internal sealed class CsvListAdapter : IDatasetAdapter
{
    private static readonly string[] ImageColumns = ["Path", "image_path", "image", "Image Index", "filename"];

    private readonly DatasetDefinition _definition;
    private readonly AdapterSettings _settings;
    private readonly float _uncertain;
    private readonly float _missing;

    /// <summary>Creates the adapter.</summary>
    /// <param name="definition">The dataset.</param>
    /// <exception cref="ArkInputException">A setting is unknown or has an unknown value.</exception>
    public CsvListAdapter(DatasetDefinition definition)
    {
        _definition = definition;
        _settings = new AdapterSettings(definition, "image_column", "class_column", "columns.", "patient_column", "uncertain", "missing");
        _uncertain = Policy("uncertain", ("ignore", float.NaN), ("ones", 1), ("zeros", 0));
        _missing = Policy("missing", ("ignore", float.NaN), ("zeros", 0));
        foreach (var key in definition.Settings.Keys.Where(k => k.StartsWith("columns.", StringComparison.Ordinal)))
        {
            var label = key["columns.".Length..];
            if (!Labels.Names.Contains(label, StringComparer.Ordinal))
                throw _settings.Refuse(key, $"'{label}' is not among the dataset's diseases", NameSuggestion.For(label, [.. Labels.Names], "The diseases are"));
        }
    }

    /// <inheritdoc/>
    public LabelSchema Labels => _definition.Labels;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default)
    {
        var list = _definition.ListOf(split);
        return new(Task.Run<IReadOnlyList<ImageSample>>(() => Read(list, cancellationToken), cancellationToken));
    }

    // The first word is the default.
    private float Policy(string key, params ReadOnlySpan<(string Word, float Value)> known)
    {
        var word = _settings.Text(key, known[0].Word);
        foreach (var policy in known)
        {
            if (policy.Word == word) return policy.Value;
        }

        throw _settings.Refuse(key, $"'{word}' is unknown", $"The policies are {string.Join(", ", known.ToArray().Select(k => k.Word))}.");
    }

    private List<ImageSample> Read(string list, CancellationToken cancellationToken)
    {
        using var csv = CsvTable.Open(list);
        var image = _definition.Settings.TryGetValue("image_column", out var named) ? csv.Column(named) : csv.AnyColumn(ImageColumns, "Set 'settings: {image_column: NAME}'.");
        var patient = _definition.Settings.TryGetValue("patient_column", out var by) ? csv.Column(by) : -1;
        var columns = LabelColumns(csv);
        var samples = new List<ImageSample>();
        var labelled = false;
        while (csv.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var targets = Targets(csv, columns);
            labelled |= !Array.TrueForAll(targets, float.IsNaN);
            var path = ImagePath.Resolve(_definition.DataDirectory, csv[image], list, csv.Line);
            samples.Add(new ImageSample(new ImageFile(path), targets) { PatientId = patient < 0 || csv[patient].Length == 0 ? null : csv[patient] });
        }

        if (samples.Count == 0) throw new ArkInputException(list, null, "the list is empty: it has no row below its header");
        if (!labelled) throw new ArkInputException(list, null, "every label is missing, so there is nothing to learn or to measure", "Correct the label columns.");
        return samples;
    }

    private int[] LabelColumns(CsvTable csv)
    {
        if (Labels.Task == LabelTask.MultiClass) return [csv.Column(_settings.Text("class_column", "label"))];
        if (Labels.Task == LabelTask.Binary && _definition.Settings.TryGetValue("class_column", out var one)) return [csv.Column(one)];
        if (Labels.Task == LabelTask.Binary && !csv.Has(ColumnOf(Labels.Names[0])) && csv.Has("label")) return [csv.Column("label")];
        return [.. Labels.Names.Select(name => csv.Column(ColumnOf(name)))];
    }

    private string ColumnOf(string label) => _settings.Text("columns." + label, label);

    private float[] Targets(CsvTable csv, int[] columns)
    {
        var targets = new float[Labels.Count];
        if (Labels.Task == LabelTask.MultiClass)
        {
            targets[ClassIndex(csv, columns[0])] = 1;
            return targets;
        }

        for (var k = 0; k < targets.Length; k++)
        {
            targets[k] = csv[columns[k]] switch
            {
                "" => _missing,
                "0" or "0.0" => 0,
                "1" or "1.0" => 1,
                "-1" or "-1.0" => _uncertain,
                var other => throw csv.Refuse(columns[k], $"the label '{other}' is invalid", "Expected 1 (present), 0 (absent), -1 (uncertain) or nothing (missing)."),
            };
        }

        return targets;
    }

    private int ClassIndex(CsvTable csv, int column)
    {
        var value = csv[column];
        for (var k = 0; k < Labels.Count; k++)
        {
            if (Labels.Names[k] == value) return k;
        }

        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < Labels.Count) return index;
        throw csv.Refuse(column, $"the class label '{value}' is neither a name nor a number in the range 0 to {Labels.Count - 1}", $"The classes are {string.Join(", ", Labels.Names.Select((n, i) => $"{i} = {n}"))}.");
    }
}
