using Parquet;
using Parquet.Schema;

namespace Ark.Evaluation;

/// <summary>Predictions as Parquet: text columns for image and patient, nullable floats for targets, floats for probabilities.</summary>
internal static class ParquetPredictions
{
    public static async Task WriteAsync(Stream stream, Predictions predictions, CancellationToken cancellationToken)
    {
        var image = new DataField<string>(PredictionFile.Image, nullable: false);
        var patient = new DataField<string>(PredictionFile.Patient, nullable: true);
        var labels = predictions.Labels.Names.Select(l => (
            Target: new DataField<float>(PredictionFile.Target + l, nullable: true),
            Probability: new DataField<float>(PredictionFile.Probability + l))).ToArray();
        var schema = new ParquetSchema([image, patient, .. labels.SelectMany(l => (Field[])[l.Target, l.Probability])]);
        var writer = await ParquetWriter.CreateAsync(schema, stream, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            using var group = writer.CreateRowGroup();
            var all = Enumerable.Range(0, predictions.Count);
            await group.WriteAsync(image, all.Select(predictions.NameOf).ToArray()).ConfigureAwait(false);
            await group.WriteAsync(patient, all.Select(i => predictions.Patients?[i]!).ToArray()).ConfigureAwait(false);
            for (var k = 0; k < labels.Length; k++)
            {
                var targets = predictions.Targets(k).Select(t => float.IsNaN(t) ? (float?)null : t).ToArray();
                await group
                    .WriteAsync<float>(labels[k].Target, (ReadOnlyMemory<float?>)targets, cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
                await group.WriteAsync<float>(
                    labels[k].Probability,
                    (ReadOnlyMemory<float>)predictions.Probabilities(k),
                    cancellationToken: cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public static async Task<Predictions> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var stream = Ark.Data.InputFile.OpenRead(path, "table of predictions");
            await using (stream.ConfigureAwait(false))
            {
                return await ReadAsync(path, ParquetGuard.Open(stream), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not (ArkInputException or OperationCanceledException))
        {
            // The Parquet library meets damaged files with exceptions of many types.
            throw new ArkInputException(
                path, null, $"is no table of predictions in Parquet: {e.Message.TrimEnd('.')}", "Write it again ('PredictionFile').", e);
        }
    }

    private static async Task<Predictions> ReadAsync(string path, ParquetGuard guard, CancellationToken cancellationToken)
    {
        var reader = await ParquetReader.CreateAsync(guard.Window, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var fields = reader.Schema.GetDataFields();
            var labels = PredictionFile.LabelsOf(path, fields.Select(f => f.Name));
            DataField Field(string name) => fields.First(f => f.Name == name);
            var (names, patients) = (new List<string>(), new List<string?>());
            var columns = labels.Names.Select(_ => (Targets: new List<float>(), Probabilities: new List<float>())).ToArray();
            foreach (var group in reader.RowGroups)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var rows = checked((int)group.RowCount);
                names.AddRange(await ParquetColumns.TextsAsync(guard, group, Field(PredictionFile.Image), rows).ConfigureAwait(false));
                var text = fields.Any(f => f.Name == PredictionFile.Patient)
                    ? await ParquetColumns.TextsAsync(guard, group, Field(PredictionFile.Patient), rows).ConfigureAwait(false)
                    : new string?[rows];
                patients.AddRange(text.Select(t => string.IsNullOrEmpty(t) ? null : t));
                for (var k = 0; k < labels.Count; k++)
                {
                    columns[k].Targets.AddRange(await NumbersAsync(
                        guard, group, Field(PredictionFile.Target + labels.Names[k]), rows).ConfigureAwait(false));
                    columns[k].Probabilities.AddRange(await NumbersAsync(
                        guard, group, Field(PredictionFile.Probability + labels.Names[k]), rows).ConfigureAwait(false));
                }
            }

            var (targets, probabilities) = (new float[names.Count * labels.Count], new float[names.Count * labels.Count]);
            for (var k = 0; k < labels.Count; k++)
            {
                for (var i = 0; i < names.Count; i++)
                {
                    var (target, probability) = (columns[k].Targets[i], columns[k].Probabilities[i]);
                    if (!float.IsFinite(probability))
                        throw new ArkInputException(
                            path, $"row {i}, column '{PredictionFile.Probability}{labels.Names[k]}'", "is no number");
                    if (target is not (0 or 1) && !float.IsNaN(target))
                        throw new ArkInputException(
                            path, $"row {i}, column '{PredictionFile.Target}{labels.Names[k]}'", "is neither 1, 0 nor missing");
                    targets[(i * labels.Count) + k] = target;
                    probabilities[(i * labels.Count) + k] = probability;
                }
            }

            return new Predictions(labels, targets, probabilities).Named(names, patients);
        }
    }

    // Other writers store doubles, and numbers that may be null.
    private static async Task<float[]> NumbersAsync(ParquetGuard guard, ParquetRowGroupReader group, DataField field, int rows)
    {
        if (field.ClrType == typeof(double))
            return await ReadAsync<double>(guard, group, field, rows, v => (float)v).ConfigureAwait(false);
        if (field.ClrType == typeof(long)) return await ReadAsync<long>(guard, group, field, rows, v => v).ConfigureAwait(false);
        if (field.ClrType == typeof(int)) return await ReadAsync<int>(guard, group, field, rows, v => v).ConfigureAwait(false);
        return await ReadAsync<float>(guard, group, field, rows, v => v).ConfigureAwait(false);
    }

    private static async Task<float[]> ReadAsync<T>(
        ParquetGuard guard, ParquetRowGroupReader group, DataField field, int rows, Func<T, float> convert)
        where T : struct
    {
        var (values, definitions, _) = await ParquetColumns.ReadAsync<T>(guard, group, field).ConfigureAwait(false);
        var (numbers, next) = (new float[rows], 0);
        for (var n = 0; n < rows; n++)
            numbers[n] = definitions is null || definitions[n] == field.MaxDefinitionLevel ? convert(values[next++]) : float.NaN;
        return numbers;
    }
}
