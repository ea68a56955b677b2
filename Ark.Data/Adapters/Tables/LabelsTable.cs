namespace Ark.Data;

/// <summary>A table of labels that another list names the images of: NIH and MIMIC distribute labels and splits apart.</summary>
internal sealed class LabelsTable
{
    private readonly Dictionary<string, (float[] Targets, string? Patient)> _rows = new(StringComparer.Ordinal);

    private LabelsTable(string path) => Path = path;

    /// <summary>The table.</summary>
    public string Path { get; }

    /// <summary>Reads a table.</summary>
    /// <param name="path">The table.</param>
    /// <param name="key">Finds the column that both files have.</param>
    /// <param name="patient">Finds the column of patients; -1 for none.</param>
    /// <param name="labels">Reads the labels.</param>
    /// <param name="problem">Hears of rows that cannot be read; may throw.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <exception cref="ArkInputException">The table cannot be read.</exception>
    public static LabelsTable Read(
        string path, Func<CsvTable, int> key, Func<CsvTable, int> patient, Func<CsvTable, CsvLabels> labels,
        Action<ArkInputException> problem, CancellationToken cancellationToken)
    {
        var table = new LabelsTable(path);
        using var csv = CsvTable.Open(path);
        var (keyColumn, patientColumn, reader) = (key(csv), patient(csv), labels(csv));
        while (csv.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                csv.CheckRow();
                var row = (reader.Targets(), patientColumn < 0 ? null : csv[patientColumn]);
                if (!table._rows.TryAdd(csv[keyColumn], row))
                    throw csv.Error(keyColumn, $"'{csv[keyColumn]}' has two rows", "Keep one row of labels for each.");
            }
            catch (ArkInputException e)
            {
                problem(e);
            }
        }

        return table;
    }

    /// <summary>The labels of a key; new targets.</summary>
    /// <returns>Whether the table has a row for it.</returns>
    public bool TryGet(string key, out float[] targets, out string? patient)
    {
        var found = _rows.TryGetValue(key, out var row);
        targets = found ? [.. row.Targets] : [];
        patient = row.Patient;
        return found;
    }
}
