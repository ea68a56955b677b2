using System.Globalization;
using System.Text;
using Ark.Data;

namespace Ark.Inference;

/// <summary>Embeddings as CSV: <c>name</c>, then a column for each number.</summary>
internal static class CsvEmbeddings
{
    public static void Write(EmbeddingContent content, string path, CancellationToken cancellationToken)
    {
        using var writer = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 20)
        {
            NewLine = "\n",
        };
        writer.Write("name");
        for (var d = 0; d < content.Width; d++) writer.Write(string.Create(CultureInfo.InvariantCulture, $",e{d}"));
        writer.WriteLine();
        foreach (var (first, count, values) in content.Blocks(256))
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var i = 0; i < count; i++)
            {
                writer.Write(Quoted(CsvText.Escaped(content.Names[first + i])));
                for (var d = 0; d < content.Width; d++)
                {
                    writer.Write(',');
                    writer.Write(values[(i * content.Width) + d].ToString("R", CultureInfo.InvariantCulture));
                }

                writer.WriteLine();
            }
        }
    }

    public static EmbeddingTable Read(string path)
    {
        using var table = CsvTable.Open(path);
        var header = table.Header;
        var name = Enumerable.Range(0, header.Count).FirstOrDefault(c => EmbeddingTable.IsNameColumn(header[c]), -1);
        // The index of a dataframe is no number of the embedding; where nothing else names the rows, it may do so.
        var indices = Enumerable.Range(0, header.Count).Where(c => c != name && EmbeddingTable.IsIndexColumn(header[c])).ToArray();
        var columns = Enumerable.Range(0, header.Count).Where(c => c != name && !indices.Contains(c)).ToArray();
        if (columns.Length == 0)
            throw new ArkInputException(
                path, "line 1", "the header has no columns of numbers", "A row is a name and the numbers of its embedding.");
        var (names, rows) = (new List<string>(), new List<float[]>());
        while (table.Read())
        {
            table.CheckRow();
            if (rows.Count == 0 && name < 0 && indices is [var only] && !IsNumber(table[only])) name = only;
            var row = new float[columns.Length];
            for (var d = 0; d < row.Length; d++)
            {
                if (!float.TryParse(table[columns[d]], NumberStyles.Float, CultureInfo.InvariantCulture, out row[d])
                    || !float.IsFinite(row[d]))
                    throw table.Error(
                        columns[d], $"'{table[columns[d]]}' is no number", "Keep one column of names and columns of numbers alone.");
            }

            rows.Add(row);
            if (name >= 0) names.Add(CsvText.Meant(table[name]));
        }

        if (rows.Count == 0) throw new ArkInputException(path, null, "has no rows");
        return new EmbeddingTable(
            path, name >= 0 ? [.. names] : null, rows.Count, columns.Length, rows, new Dictionary<string, string>(StringComparer.Ordinal));
    }

    private static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static string Quoted(string text) =>
        text.AsSpan().ContainsAny(",\"\n\r") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
