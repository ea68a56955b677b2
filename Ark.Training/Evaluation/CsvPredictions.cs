using System.Globalization;
using Ark.Data;
using CsvHelper;

namespace Ark.Evaluation;

/// <summary>Predictions as CSV.</summary>
internal static class CsvPredictions
{
    private static readonly CsvWriterOptions Options = new() { NewLine = "\n" };

    public static void Write(Stream stream, Predictions predictions)
    {
        using var csv = CsvWriter.Create(stream, Options, leaveOpen: true);
        csv.WriteField(PredictionFile.Image);
        csv.WriteField(PredictionFile.Patient);
        foreach (var label in predictions.Labels.Names)
        {
            csv.WriteField(PredictionFile.Target + label);
            csv.WriteField(PredictionFile.Probability + label);
        }

        csv.EndRecord();
        for (var i = 0; i < predictions.Count; i++)
        {
            csv.WriteField(CsvText.Escaped(predictions.NameOf(i)));
            csv.WriteField(predictions.Patients?[i] is { } id ? CsvText.Escaped(id) : null);
            for (var k = 0; k < predictions.Labels.Count; k++)
            {
                csv.WriteField(float.IsNaN(predictions.Target(i, k)) ? null : Text(predictions.Target(i, k)));
                csv.WriteField(Text(predictions.Probability(i, k)));
            }

            csv.EndRecord();
        }
    }

    public static Predictions Read(string path)
    {
        using var csv = CsvTable.Open(path);
        var labels = PredictionFile.LabelsOf(path, csv.Header);
        var image = csv.Column(PredictionFile.Image);
        var patient = csv.Has(PredictionFile.Patient) ? csv.Column(PredictionFile.Patient) : -1;
        var columns = labels.Names.Select(l => (
            Target: csv.Column(PredictionFile.Target + l), Probability: csv.Column(PredictionFile.Probability + l))).ToArray();
        var (names, patients, targets, probabilities) = (new List<string>(), new List<string?>(), new List<float>(), new List<float>());
        while (csv.Read())
        {
            csv.CheckRow();
            names.Add(CsvText.Meant(csv[image]));
            patients.Add(patient < 0 || csv[patient].Length == 0 ? null : CsvText.Meant(csv[patient]));
            foreach (var (target, probability) in columns)
            {
                targets.Add(csv[target].Length == 0
                    ? float.NaN
                    : Number(csv, target) is 0 or 1 ? Number(csv, target)
                    : throw csv.Error(target, $"the target is '{csv[target]}'", "Write 1, 0, or nothing where it is missing."));
                probabilities.Add(Number(csv, probability));
            }
        }

        return new Predictions(labels, [.. targets], [.. probabilities]).Named(names, patients);
    }

    private static float Number(CsvTable csv, int column) =>
        float.TryParse(csv[column], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && float.IsFinite(number)
            ? number
            : throw csv.Error(column, $"'{csv[column]}' is no number", "Write it with a decimal point.");

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);
}
