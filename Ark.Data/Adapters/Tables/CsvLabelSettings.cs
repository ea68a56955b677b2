namespace Ark.Data;

/// <summary>How a CSV tells labels: the settings of <see cref="CsvLabels"/>, read once.</summary>
internal sealed class CsvLabelSettings
{
    public CsvLabelSettings(DatasetDefinition definition, AdapterSettings settings)
    {
        Labels = definition.Labels;
        Seed = definition.Seed;
        Uncertain = settings.Choice("uncertain", UncertainLabels.Policies);
        Missing = settings.Choice("missing", "ignore", "zeros") == "zeros" ? 0 : float.NaN;
        ClassColumn = settings.Text("class_column");
        IsClassColumnGiven = settings.IsGiven("class_column");
        FindingsColumn = settings.Text("findings_column");
        Separator = settings.Text("findings_separator") ?? "|";
        Columns = settings.Below("columns.");
        Values = settings.Below("values.");
        foreach (var label in Columns.Keys)
        {
            if (!Labels.Names.Contains(label, StringComparer.Ordinal))
                throw settings.Error(
                    "columns." + label,
                    $"'{label}' is not among the dataset's diseases",
                    NameSuggestion.For(label, [.. Labels.Names], "The diseases are"));
        }

        if (FindingsColumn is not null && Labels.Task == LabelTask.MultiClass)
            throw settings.Error(
                "findings_column",
                "lists several findings, and a multi-class dataset has one class an image",
                "Use 'class_column', or another task_type.");
    }

    public LabelSchema Labels { get; }

    public ulong Seed { get; }

    public string Uncertain { get; }

    public float Missing { get; }

    public string? ClassColumn { get; }

    /// <summary>Whether the dataset itself names that column; else another one may be taken where it is not there.</summary>
    public bool IsClassColumnGiven { get; }

    public string? FindingsColumn { get; }

    public string Separator { get; }

    public IReadOnlyDictionary<string, string> Columns { get; }

    /// <summary>What words of the file mean: 1, 0, -1, a class name, or nothing; <c>*</c> stands for every other word.</summary>
    public IReadOnlyDictionary<string, string> Values { get; }

    /// <summary>What a field says in Ark's words.</summary>
    public string Meaning(string field)
    {
        // '*' stands for every other word; what programs write for nothing is none.
        if (Values.TryGetValue(field, out var meaning) || (!MissingWords.Contain(field) && Values.TryGetValue("*", out meaning)))
            return meaning == "missing" ? "" : meaning;
        return field;
    }
}
