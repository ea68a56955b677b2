using System.Globalization;
using Ark.Data;

namespace Ark.Evaluation;

/// <summary>Finds the group of each sample in a table.</summary>
internal static class GroupReader
{
    private const int MaxGroups = 50;
    private const int MaxPlainNumbers = 10;
    private static readonly string[] PatientColumns = ["patient_id", "Patient ID", "PatientID", "patient", "patientid", "subject_id"];

    /// <summary>Reads the groups of samples.</summary>
    /// <param name="column">The column, and where it is.</param>
    /// <param name="samples">The samples.</param>
    /// <returns>The group of each.</returns>
    /// <exception cref="ArkInputException">The table cannot be read or matches nothing, or the column has too many values.</exception>
    public static ImageGroups Read(GroupColumn column, IReadOnlyList<ImageSample> samples)
    {
        var source = column.Metadata ?? samples.FirstOrDefault(s => s.Place is not null)?.Place?.File ?? "dataset";
        var values = column.Metadata is { } metadata ? FromTable(metadata, column.Column, samples) : FromLists(column.Column, samples);
        if (values.TrueForAll(v => v is null))
            throw new ArkInputException(
                source,
                $"column '{column.Column}'",
                "tells of no image of the split",
                "Its rows are matched by image name or patient; check both.");
        var groups = new ImageGroups(column.Column, Banded(column, values));
        var count = groups.Distinct().Length;
        return count <= MaxGroups ? groups : throw new ArkInputException(
            source,
            $"column '{column.Column}'",
            $"has {count} values, too many to compare (limit {MaxGroups})",
            "Choose a column with few values, or bands of numbers ('Bands').");
    }

    private static List<string?> FromTable(string path, string column, IReadOnlyList<ImageSample> samples)
    {
        using var csv = CsvTable.Open(path);
        var value = csv.Column(column);
        var image = CsvListAdapter.ImageColumns.FirstOrDefault(csv.Has);
        var patient = PatientColumns.FirstOrDefault(csv.Has);
        var key = csv.Column(image ?? patient ?? throw new ArkInputException(
            path,
            "line 1",
            "the header has neither an image column nor a patient column",
            $"Name it as one of: {string.Join(", ", CsvListAdapter.ImageColumns.Concat(PatientColumns))}."));
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        while (csv.Read())
        {
            csv.CheckRow();
            var name = csv[key].Replace('\\', '/');
            if (!known.TryAdd(name, csv[value]) && known[name] != csv[value])
                throw csv.Error(
                    $"'{name}' is '{csv[value]}' here and '{known[name]}' above in the column '{column}'",
                    image is null ? "A column of patients needs one value for each; give a table by image." : "Keep one of them.");
        }

        return [.. samples.Select(s => Filled(image is null
            ? s.PatientId is { } id ? known.GetValueOrDefault(id) : null
            : ByName(known, s.Image.Name)))];
    }

    // Tables name images by path or by file name, with or without an extension: the longest end of the path that the table knows is the
    // image.
    private static string? ByName(Dictionary<string, string> known, string name)
    {
        var path = name.Replace('\\', '/');
        foreach (var end in (string[])[path, Path.ChangeExtension(path, null)])
        {
            for (var at = 0; at >= 0; at = end.IndexOf('/', at) is var slash and >= 0 ? slash + 1 : -1)
            {
                if (known.TryGetValue(end[at..], out var value)) return value;
            }
        }

        return null;
    }

    private static List<string?> FromLists(string column, IReadOnlyList<ImageSample> samples)
    {
        var rows = new Dictionary<ListPlace, string>();
        foreach (var list in samples.Select(s => s.Place?.File).Distinct())
        {
            if (list is null || !ListFile.IsTable(list))
                throw new ArkInputException(
                    list ?? "dataset",
                    $"column '{column}'",
                    "cannot be looked up: the dataset's list is no CSV",
                    "Give a CSV that has it ('Metadata').");
            using var csv = CsvTable.Open(list);
            var value = csv.Column(column);
            while (csv.Read())
            {
                csv.CheckRow();
                rows[new ListPlace(list, csv.Line)] = csv[value];
            }
        }

        return [.. samples.Select(s => Filled(rows.GetValueOrDefault(s.Place!.Value)))];
    }

    private static List<string?> Banded(GroupColumn column, List<string?> values)
    {
        var numbers = values.Select(Number).ToArray();
        var other = values.Where((v, i) => v is not null && numbers[i] is null).FirstOrDefault();
        // Bands are for the columns of numbers, of several that are given at once.
        if (other is not null && column.Bands is not null && numbers.Any(n => n is not null))
            throw new ArkInputException(
                column.Metadata ?? "dataset",
                $"column '{column.Column}'",
                $"holds '{other}', which is no number, so that it has no bands",
                "Mend the value or leave it empty, or leave out 'Bands'.");
        if (other is not null || (column.Bands is null && numbers.Distinct().Count() <= MaxPlainNumbers)) return values;
        return [.. numbers.Select(n => n is { } number ? AgeBands.BandOf(number, column.Bands ?? AgeBands.Usual) : null)];
    }

    // DICOM writes an age as 045Y, or that of an infant as 006M, 010W or 003D; all are compared in years.
    private static double? Number(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        double? perYear = text[^1] switch { 'Y' => 1, 'M' => 12, 'W' => 52.18, 'D' => 365.25, _ => null };
        return double.TryParse(perYear is null ? text : text[..^1], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) ? number / (perYear ?? 1) : null;
    }

    private static string? Filled(string? value) => string.IsNullOrEmpty(value) ? null : value;
}
