using System.Globalization;

namespace Ark.Data;

/// <summary>
/// The labels of a CSV's rows. Multi-label sets have one column per label (1 present, 0 absent, empty or <c>nan</c> missing, -1 uncertain),
/// or one that lists the findings; multi-class sets one column with the class, by index or name; binary sets one column. Settings:
/// <c>class_column</c> (default <c>label</c>); <c>columns.LABEL</c>, the column of a label that has another name there;
/// <c>findings_column</c> with <c>findings_separator</c> (default <c>|</c>); <c>values.WORD</c>, what a word of the file means: 1, 0, -1,
/// <c>missing</c> or a class; <c>uncertain</c>, see <see cref="UncertainLabels"/>; <c>missing</c>: <c>ignore</c> (left out of loss and
/// metrics) or <c>zeros</c>.
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
    private readonly FindingWords _findings;
    private readonly ReadingNotes _notes;
    private readonly int[] _columns;

    public CsvLabels(CsvTable csv, CsvLabelSettings settings, DatasetSplit split, ReadingNotes notes)
    {
        _notes = notes;
        _findings = new FindingWords(settings);
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
        if (_labels.Task == LabelTask.Binary) return [BinaryColumn()];
        return [.. _labels.Names.Select(name => _csv.Column(ColumnOf(name)))];
    }

    // RSNA's two tables call it class and Target.
    private int BinaryColumn()
    {
        var first = _settings.ClassColumn ?? ColumnOf(_labels.Names[0]);
        if (_settings.IsClassColumnGiven || _csv.Has(first)) return _csv.Column(first);
        string[] others = ["label", "Target"];
        return _csv.Column(others.FirstOrDefault(_csv.Has) ?? first);
    }

    private string ColumnOf(string label) => _settings.Columns.GetValueOrDefault(label, label);

    private float Target(int column) => _settings.Meaning(_csv[column]) switch
    {
        // Of a decimal comma too, which spreadsheets write beside semicolons; and of the words of a column of truth values.
        "0" or "0.0" or "0,0" or "False" or "FALSE" or "false" => 0,
        "1" or "1.0" or "1,0" or "True" or "TRUE" or "true" => 1,
        "-1" or "-1.0" or "-1,0" => _uncertain.Next(),
        var nothing when MissingWords.Contain(nothing) => _settings.Missing,
        var other => throw _csv.Error(
            column,
            $"the label '{other}' is invalid",
            "Expected 1 (present), 0 (absent), -1 (uncertain) or nothing (missing); 'settings: {values: {WORD: 1}}' explains other words."),
    };

    private void Findings(string cell, float[] targets)
    {
        if (MissingWords.Contain(_settings.Meaning(cell)))
        {
            Array.Fill(targets, _settings.Missing);
            return;
        }

        var labels = _findings.LabelsOf(
            cell,
            word => _notes.UnknownFindings[word] = _notes.UnknownFindings.GetValueOrDefault(word) + 1,
            (problem, hint) => _csv.Error(_columns[0], problem, hint));
        foreach (var label in labels) targets[label] = 1;
    }

    private int ClassIndex(int column)
    {
        var value = _settings.Meaning(_csv[column]);
        for (var k = 0; k < _labels.Count; k++)
        {
            if (_labels.Names[k] == value) return k;
        }

        // Tables that went through a column of floats have 1.0 for 1.
        var number = value.EndsWith(".0", StringComparison.Ordinal) ? value[..^2] : value;
        if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < _labels.Count) return index;
        var named = Enumerable.Range(0, _labels.Count)
            .Where(k => _labels.Names[k].Equals(value, StringComparison.OrdinalIgnoreCase)).ToList();
        if (named.Count == 1) return named[0];
        throw _csv.Error(
            column,
            $"the class label '{value}' is neither a name nor a number in the range 0 to {_labels.Count - 1}",
            $"The classes are {string.Join(", ", _labels.Names.Select((n, i) => $"{i} = {n}"))}.");
    }
}
