using Parquet;
using Parquet.Schema;

namespace Ark.Evaluation;

/// <summary>Reads columns of a row group as embeddings need them.</summary>
internal static class ParquetColumns
{
    private const long MaxValues = 1L << 29;

    public static async Task<string[]> TextsAsync(ParquetRowGroupReader group, DataField field, int count)
    {
        var texts = new string?[count];
        await group.ReadAsync(field, texts.AsMemory()).ConfigureAwait(false);
        return [.. texts.Select(t => t ?? "")];
    }

    /// <summary>A column per number.</summary>
    public static async Task<float[][]> RowsAsync(string path, ParquetRowGroupReader group, DataField[] fields, int count)
    {
        var rows = new float[count][];
        for (var n = 0; n < count; n++) rows[n] = new float[fields.Length];
        for (var d = 0; d < fields.Length; d++)
        {
            var column = await NumbersAsync(path, group, fields[d]).ConfigureAwait(false);
            for (var n = 0; n < count; n++) rows[n][d] = column.Values[n];
        }

        return rows;
    }

    /// <summary>One list of numbers a row.</summary>
    public static async Task<float[][]> ListsAsync(string path, ParquetRowGroupReader group, DataField field, int count)
    {
        var (values, levels) = await NumbersAsync(path, group, field).ConfigureAwait(false);
        var starts = Enumerable.Range(0, values.Length).Where(i => levels[i] == 0).Append(values.Length).ToArray();
        if (starts.Length != count + 1) throw new ArkInputException(path, $"column '{field.Path}'", "has empty lists or missing values");
        return [.. starts.Zip(starts.Skip(1), (from, to) => values[from..to])];
    }

    private static async Task<(float[] Values, int[] Levels)> NumbersAsync(string path, ParquetRowGroupReader group, DataField field)
    {
        var total = group.GetMetadata(field)?.MetaData?.NumValues ?? 0;
        if (total > MaxValues)
            throw new ArkInputException(
                path, $"column '{field.Path}'", $"a row group of {total} values is too large", "Write smaller row groups.");
        var count = (int)total;
        if ((Nullable.GetUnderlyingType(field.ClrType) ?? field.ClrType) == typeof(float))
            return await ReadAsync<float>(path, group, field, count).ConfigureAwait(false);
        var (doubles, levels) = await ReadAsync<double>(path, group, field, count).ConfigureAwait(false);
        return (Array.ConvertAll(doubles, v => (float)v), levels);
    }

    private static async Task<(T[] Values, int[] Levels)> ReadAsync<T>(string path, ParquetRowGroupReader group, DataField field, int count)
        where T : struct
    {
        var (values, definitions, repetitions) = (new T[count], new int[count], new int[count]);
        await group.ReadRawAsync(
            field,
            values.AsMemory(),
            field.MaxDefinitionLevel > 0 ? definitions.AsMemory() : (Memory<int>?)null,
            field.MaxRepetitionLevel > 0 ? repetitions.AsMemory() : (Memory<int>?)null).ConfigureAwait(false);
        if (field.MaxDefinitionLevel > 0 && definitions.Any(d => d != field.MaxDefinitionLevel))
            throw new ArkInputException(path, $"column '{field.Path}'", "has empty lists or missing values");
        return (values, repetitions);
    }
}
