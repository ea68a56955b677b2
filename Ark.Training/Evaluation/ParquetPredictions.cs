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
                return await ReadAsync(path, stream, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is not (ArkInputException or OperationCanceledException))
        {
            // The Parquet library meets damaged files with exceptions of many types.
            throw new ArkInputException(
                path, null, $"is no table of predictions in Parquet: {e.Message.TrimEnd('.')}", "Write it again ('PredictionFile').", e);
        }
    }

    private static async Task<Predictions> ReadAsync(string path, Stream stream, CancellationToken cancellationToken)
    {
        var reader = await ParquetReader.CreateAsync(stream, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var fields = reader.Schema.GetDataFields();
            var labels = PredictionFile.LabelsOf(path, fields.Select(f => f.Name));
            DataField Field(string name) => fields.First(f => f.Name == name);
            var (names, patients) = (new List<string>(), new List<string?>());
            var columns = labels.Names.Select(_ => (Targets: new List<float>(), Probabilities: new List<float>())).ToArray();
            foreach (var group in reader.RowGroups)
            {
                var rows = checked((int)group.RowCount);
                var text = new string?[rows];
                await group
                    .ReadAsync(Field(PredictionFile.Image), text.AsMemory(), cancellationToken: cancellationToken)
                    .ConfigureAwait(false);
                names.AddRange(text.Select(t => t ?? ""));
                text = new string?[rows];
                if (fields.Any(f => f.Name == PredictionFile.Patient))
                    await group
                        .ReadAsync(Field(PredictionFile.Patient), text.AsMemory(), cancellationToken: cancellationToken)
                        .ConfigureAwait(false);
                patients.AddRange(text.Select(t => string.IsNullOrEmpty(t) ? null : t));
                for (var k = 0; k < labels.Count; k++)
                {
                    columns[k].Targets.AddRange(await NumbersAsync(
                        group, Field(PredictionFile.Target + labels.Names[k]), rows, cancellationToken).ConfigureAwait(false));
                    columns[k].Probabilities.AddRange(await NumbersAsync(
                        group, Field(PredictionFile.Probability + labels.Names[k]), rows, cancellationToken).ConfigureAwait(false));
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
    private static async Task<float[]> NumbersAsync(
        ParquetRowGroupReader group, DataField field, int rows, CancellationToken cancellationToken)
    {
        if (field.ClrType == typeof(double))
            return await ReadAsync<double>(group, field, rows, v => (float)v, cancellationToken).ConfigureAwait(false);
        if (field.ClrType == typeof(long))
            return await ReadAsync<long>(group, field, rows, v => v, cancellationToken).ConfigureAwait(false);
        if (field.ClrType == typeof(int)) return await ReadAsync<int>(group, field, rows, v => v, cancellationToken).ConfigureAwait(false);
        return await ReadAsync<float>(group, field, rows, v => v, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<float[]> ReadAsync<T>(
        ParquetRowGroupReader group, DataField field, int rows, Func<T, float> convert, CancellationToken cancellationToken)
        where T : struct
    {
        if (!field.IsNullable)
        {
            var plain = new T[rows];
            await group.ReadAsync(field, plain.AsMemory(), cancellationToken: cancellationToken).ConfigureAwait(false);
            return [.. plain.Select(convert)];
        }

        var values = new T?[rows];
        await group.ReadAsync(field, values.AsMemory(), cancellationToken: cancellationToken).ConfigureAwait(false);
        return [.. values.Select(v => v is { } known ? convert(known) : float.NaN)];
    }
}
