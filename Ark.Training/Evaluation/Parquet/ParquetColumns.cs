using Parquet;
using Parquet.Schema;

namespace Ark.Evaluation;

/// <summary>Reads columns of a row group as embeddings need them.</summary>
internal static class ParquetColumns
{
    public static async Task<string[]> TextsAsync(ParquetGuard guard, ParquetRowGroupReader group, DataField field, int count)
    {
        var (values, definitions, _) = await ReadAsync<ReadOnlyMemory<char>>(guard, group, field).ConfigureAwait(false);
        guard.CountCharacters(values.Sum(v => (long)v.Length));
        var (texts, next) = (new string[count], 0);
        for (var n = 0; n < count; n++)
            texts[n] = definitions is null || definitions[n] == field.MaxDefinitionLevel ? values[next++].ToString() : "";
        return texts;
    }

    /// <summary>A column per number.</summary>
    public static async Task<float[][]> RowsAsync(
        string path, ParquetGuard guard, ParquetRowGroupReader group, DataField[] fields, int count)
    {
        guard.CountValues((long)count * fields.Length);
        var rows = new float[count][];
        for (var n = 0; n < count; n++) rows[n] = new float[fields.Length];
        for (var d = 0; d < fields.Length; d++)
        {
            var column = await NumbersAsync(path, guard, group, fields[d]).ConfigureAwait(false);
            for (var n = 0; n < count; n++) rows[n][d] = column.Values[n];
        }

        return rows;
    }

    /// <summary>One list of numbers a row.</summary>
    public static async Task<float[][]> ListsAsync(
        string path, ParquetGuard guard, ParquetRowGroupReader group, DataField field, int count)
    {
        var (values, levels) = await NumbersAsync(path, guard, group, field).ConfigureAwait(false);
        var starts = Enumerable.Range(0, values.Length).Where(i => levels[i] == 0).Append(values.Length).ToArray();
        if (starts.Length != count + 1) throw new ArkInputException(path, $"column '{field.Path}'", "has empty lists or missing values");
        return [.. starts.Zip(starts.Skip(1), (from, to) => values[from..to])];
    }

    private static async Task<(float[] Values, int[] Levels)> NumbersAsync(
        string path, ParquetGuard guard, ParquetRowGroupReader group, DataField field)
    {
        if ((Nullable.GetUnderlyingType(field.ClrType) ?? field.ClrType) == typeof(float))
            return await NumbersAsync<float>(path, guard, group, field).ConfigureAwait(false);
        var (doubles, levels) = await NumbersAsync<double>(path, guard, group, field).ConfigureAwait(false);
        return (Array.ConvertAll(doubles, v => (float)v), levels);
    }

    private static async Task<(T[] Values, int[] Levels)> NumbersAsync<T>(
        string path, ParquetGuard guard, ParquetRowGroupReader group, DataField field)
        where T : struct
    {
        var (values, definitions, repetitions) = await ReadAsync<T>(guard, group, field).ConfigureAwait(false);
        if (definitions?.Any(d => d != field.MaxDefinitionLevel) == true)
            throw new ArkInputException(path, $"column '{field.Path}'", "has empty lists or missing values");
        return (values, repetitions ?? []);
    }

    /// <summary>A column as it is written: values that are missing leave no gap between the others.</summary>
    public static async Task<(T[] Values, int[]? Definitions, int[]? Repetitions)> ReadAsync<T>(
        ParquetGuard guard, ParquetRowGroupReader group, DataField field)
        where T : struct
    {
        var count = guard.Enter(group, field);
        var values = new T[count];
        var definitions = field.MaxDefinitionLevel > 0 ? new int[count] : null;
        var repetitions = field.MaxRepetitionLevel > 0 ? new int[count] : null;
        // An empty buffer is not the same to the library as none.
        await group.ReadRawAsync(field, values.AsMemory(), Levels(definitions), Levels(repetitions)).ConfigureAwait(false);
        return (values, definitions, repetitions);
    }

    private static Memory<int>? Levels(int[]? levels) => levels is null ? (Memory<int>?)null : levels.AsMemory();
}
