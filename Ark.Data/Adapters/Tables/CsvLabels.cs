using System.Globalization;

namespace Ark.Data;

/// <summary>
/// The labels of a CSV's rows. Multi-label sets have one column per label (1 present, 0 absent, empty missing, -1 uncertain), or one that
/// lists the findings; multi-class sets one column with the class, by index or name; binary sets one column. Settings: <c>class_column</c>
/// (default <c>label</c>); <c>columns.LABEL</c>, the column of a label that has another name there; <c>findings_column</c> with
/// <c>findings_separator</c> (default <c>|</c>); <c>values.WORD</c>, what a word of the file means: 1, 0, -1, <c>missing</c> or a class;
/// <c>uncertain</c>, see <see cref="UncertainLabels"/>; <c>missing</c>: <c>ignore</c> (left out of loss and metrics) or <c>zeros</c>.
/// </summary>
internal sealed class CsvLabels
{
    /// <summary>The settings that this class reads.</summary>
    public static readonly string[] Settings =
    [
        "class_column", "columns.", "findings_column", "findings_separator", "values.", "uncertain", "missing"
    ];

    private readonly CsvTable _csv;
    private readonly CsvLabelSettings _settings;
    private readonly LabelSchema _labels;
    private readonly UncertainLabels _uncertain;
    private readonly int[] _columns;

    public CsvLabels(CsvTable csv, CsvLabelSettings settings, DatasetSplit split)
    {
        _csv = csv;
        _settings = settings;
        _labels = settings.Labels;
        _uncertain = new UncertainLabels(settings.Uncertain, split, settings.Seed);
        _columns = Columns();
    }

    /// <summary>The targets of the current row.</summary>
    /// <returns>New targets.</returns>
    /// <exception cref="ArkInputException">A field is not understood; the message names line and column.</exception>
    public float[] Targets()
    {
        var targets = new float[_labels.Count];
        if (_labels.Task == LabelTask.MultiClass) targets[ClassIndex(_columns[0])] = 1;
        else if (_settings.FindingsColumn is not null) Findings(_csv[_columns[0]], targets);
        else for (var k = 0; k < targets.Length; k++) targets[k] = Target(_columns[k]);
        return targets;
    }

    private int[] Columns()
    {
        if (_settings.FindingsColumn is { } findings) return [_csv.Column(findings)];
        if (_labels.Task == LabelTask.MultiClass) return [_csv.Column(_settings.ClassColumn ?? "label")];
        if (_labels.Task == LabelTask.Binary && _settings.ClassColumn is { } one) return [_csv.Column(one)];
        if (_labels.Task == LabelTask.Binary && !_csv.Has(ColumnOf(_labels.Names[0])) && _csv.Has("label")) return [_csv.Column("label")];
        return [.. _labels.Names.Select(name => _csv.Column(ColumnOf(name)))];
    }

    private string ColumnOf(string label) => _settings.Columns.GetValueOrDefault(label, label);

    private float Target(int column) => _settings.Meaning(_csv[column]) switch
    {
        "" => _settings.Missing,
        "0" or "0.0" => 0,
        "1" or "1.0" => 1,
        "-1" or "-1.0" => _uncertain.Next(),
        var other => throw _csv.Error(
            column,
            $"the label '{other}' is invalid",
            "Expected 1 (present), 0 (absent), -1 (uncertain) or nothing (missing); 'settings: {values: {WORD: 1}}' explains other words."),
    };

    // Brackets and quotes: some files hold a list as Python prints it.
    private void Findings(string cell, float[] targets)
    {
        if (cell.Length == 0)
        {
            Array.Fill(targets, _settings.Missing);
            return;
        }

        foreach (var part in cell
            .Trim('[', ']')
            .Split(_settings.Separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var name = _settings.Meaning(part.Trim('\'', '"').Trim());
            for (var k = 0; k < targets.Length; k++)
            {
                if (Folded(ColumnOf(_labels.Names[k])) == Folded(name) || _labels.Names[k] == name) targets[k] = 1;
            }
        }
    }

    // Publishers write Pleural_Thickening in one file and Pleural Thickening in another.
    private static string Folded(string finding) => finding.Replace('_', ' ').Replace('-', ' ').ToUpperInvariant();

    private int ClassIndex(int column)
    {
        var value = _settings.Meaning(_csv[column]);
        for (var k = 0; k < _labels.Count; k++)
        {
            if (_labels.Names[k] == value) return k;
        }

        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < _labels.Count) return index;
        throw _csv.Error(
            column,
            $"the class label '{value}' is neither a name nor a number in the range 0 to {_labels.Count - 1}",
            $"The classes are {string.Join(", ", _labels.Names.Select((n, i) => $"{i} = {n}"))}.");
    }
}
