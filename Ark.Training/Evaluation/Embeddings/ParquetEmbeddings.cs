using Ark.Inference;
using Parquet;
using Parquet.Schema;

namespace Ark.Evaluation;

/// <summary>
/// Embeddings as Parquet: <c>name</c> (text) and <c>embedding</c> (a list of floats), as dataframes hold vectors. Files with a column per
/// number are read too.
/// </summary>
internal static class ParquetEmbeddings
{
    private const int RowsOfGroup = 8192;

    /// <summary>For those who ask for formats by name.</summary>
    public static EmbeddingFormat Format { get; } = new(".parquet", HoldsTokens: false, Write, Read);

    public static void Write(EmbeddingContent content, string path, CancellationToken cancellationToken) =>
        WriteAsync(content, path, cancellationToken).GetAwaiter().GetResult();

    public static EmbeddingTable Read(string path, CancellationToken cancellationToken)
    {
        RegularFile.Require(path);
        try
        {
            return ReadAsync(path, cancellationToken).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArkInputException(path, null, "the file of embeddings does not exist", "Correct the path.", e);
        }
        catch (Exception e) when (e is not (ArkInputException or OperationCanceledException or OutOfMemoryException))
        {
            // The reader throws whatever its parsing of a damaged file runs into.
            throw new ArkInputException(path, null, $"is no whole Parquet file ({e.Message.TrimEnd('.')})", "Write or copy it again.", e);
        }
    }

    private static async Task WriteAsync(EmbeddingContent content, string path, CancellationToken cancellationToken)
    {
        var names = new DataField<string>("name", nullable: false);
        var item = new DataField<float>("element", nullable: false);
        var schema = new ParquetSchema(names, new ListField("embedding", item));
        await using var stream = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 20);
        await using var writer = await ParquetWriter.CreateAsync(schema, stream, cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        writer.CustomMetadata = content.Info.ToDictionary(i => i.Key, i => i.Value, StringComparer.Ordinal);
        var data = schema.GetDataFields()[1];
        var defined = new int[Math.Min(RowsOfGroup, content.Names.Count) * content.Width];
        Array.Fill(defined, data.MaxDefinitionLevel);
        foreach (var (first, count, values) in content.Blocks(RowsOfGroup))
        {
            // A list's first value begins a row (level 0), the others go on with it.
            var levels = new int[count * content.Width];
            for (var i = 0; i < levels.Length; i++) levels[i] = i % content.Width == 0 ? 0 : 1;
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(schema.GetDataFields()[0], [.. content.Names.Skip(first).Take(count)]).ConfigureAwait(false);
            await group.WriteAllPartsAsync<float>(
                data,
                values.AsMemory(0, levels.Length),
                defined.AsMemory(0, levels.Length),
                levels,
                cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<EmbeddingTable> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var guard = ParquetGuard.Open(File.OpenRead(path));
        await using var window = guard.Window;
        await using var reader = await ParquetReader.CreateAsync(window, cancellationToken: cancellationToken).ConfigureAwait(false);
        var fields = reader.Schema.GetDataFields();
        var name = fields.FirstOrDefault(f => IsText(f) && EmbeddingTable.IsNameColumn(NameOf(f))) ?? fields.FirstOrDefault(IsText);
        var lists = fields.Where(f => f.MaxRepetitionLevel == 1 && IsNumber(f)).ToList();
        // The index of a dataframe is no number of the embedding.
        var columns = fields.Where(f => f.MaxRepetitionLevel == 0 && IsNumber(f) && !EmbeddingTable.IsNameColumn(NameOf(f))
            && !EmbeddingTable.IsIndexColumn(NameOf(f))).ToArray();
        if (lists.Count > 1)
            throw new ArkInputException(
                path, null, $"has several columns of lists: {string.Join(", ", lists.Select(f => f.Path))}", "Keep one.");
        if (lists.Count == 0 && columns.Length == 0)
            throw new ArkInputException(path, null, "has no column of numbers", "It needs a list of floats, or a column per number.");
        var (names, rows) = (new List<string>(), new List<float[]>());
        for (var g = 0; g < reader.RowGroupCount; g++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var group = reader.OpenRowGroupReader(g);
            var count = checked((int)group.RowCount);
            if (name is not null) names.AddRange(await ParquetColumns.TextsAsync(guard, group, name, count).ConfigureAwait(false));
            rows.AddRange(lists.Count == 1
                ? await ParquetColumns.ListsAsync(path, guard, group, lists[0], count).ConfigureAwait(false)
                : await ParquetColumns.RowsAsync(path, guard, group, columns, count).ConfigureAwait(false));
        }

        if (rows.FirstOrDefault(r => r.Length != rows[0].Length) is { } other)
            throw new ArkInputException(path, null, $"has rows of different lengths ({rows[0].Length} and {other.Length})");
        var info = reader.CustomMetadata ?? [];
        return new EmbeddingTable(path, name is null ? null : names, rows.Count, rows.Count == 0 ? 0 : rows[0].Length, rows, info);
    }

    private static string NameOf(DataField field) => field.Path.ToList()[^1];

    // The reader gives texts as memory of characters, the writer takes strings.
    private static bool IsText(DataField field) =>
        (field.ClrType == typeof(string) || field.ClrType == typeof(ReadOnlyMemory<char>)) && field.MaxRepetitionLevel == 0;

    private static bool IsNumber(DataField field) =>
        Nullable.GetUnderlyingType(field.ClrType) is { } inner ? IsNumber(inner) : IsNumber(field.ClrType);

    private static bool IsNumber(Type type) => type == typeof(float) || type == typeof(double);
}
