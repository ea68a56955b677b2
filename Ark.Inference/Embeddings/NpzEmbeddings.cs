using System.Globalization;
using System.Text;
using Ark.Data;

namespace Ark.Inference;

/// <summary>
/// Embeddings as NPZ: <c>embeddings</c> (float32) and <c>names</c> (text of fixed width), both readable by numpy without pickles.
/// </summary>
internal static class NpzEmbeddings
{
    private const int MaxInfoLength = 1000;

    public static void Write(EmbeddingContent content, string path, CancellationToken cancellationToken)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        var zip = new ZipWriter(stream);
        var shape = string.Join(", ", content.Shape.Prepend(content.Names.Count));
        Add(zip, "embeddings.npy", Header($"'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), "), content.Bytes, Rows);
        var width = Math.Max(1, content.Names.Max(CodePoints));
        Add(
            zip,
            "names.npy",
            Header($"'descr': '<U{width}', 'fortran_order': False, 'shape': ({content.Names.Count},), "),
            4L * width * content.Names.Count,
            Names);
        var info = content.Info.Select(i => $"{i.Key}={i.Value}").ToArray();
        var infoWidth = Math.Max(1, info.Max(CodePoints));
        Add(
            zip,
            "info.npy",
            Header($"'descr': '<U{infoWidth}', 'fortran_order': False, 'shape': ({info.Length},), "),
            4L * infoWidth * info.Length,
            write => WriteTexts(info, infoWidth, write));
        zip.Finish();

        void Rows(SpanAction write)
        {
            using var rows = content.OpenBytes();
            var buffer = new byte[1 << 20];
            for (int read; (read = rows.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                write(buffer.AsSpan(0, read));
            }
        }

        void Names(SpanAction write) => WriteTexts(content.Names, width, write);
    }

    public static EmbeddingTable Read(string path)
    {
        using var archive = NpzArchive.Open(path);
        var key = EmbeddingTable.Choose(path, [.. archive.Keys.Where(k => IsMatrix(archive, k))], "array");
        int count;
        using (var first = archive.OpenArray(key)) count = checked((int)first.Header.Shape[0]);
        var names = archive.Keys.FirstOrDefault(EmbeddingTable.IsNameColumn) is { } named ? NpzTexts.Read(archive, named, count) : null;
        var info = archive.Keys.Contains("info", StringComparer.Ordinal) ? Info(NpzTexts.Read(archive, "info", MaxInfoLength)) : [];
        using var array = archive.OpenArray(key);
        var header = array.Header;
        var width = checked((int)(header.Count / Math.Max(1, count)));
        if (names is not null && names.Length != count) throw array.Error($"has {count} rows for {names.Length} names");
        // The memory of the rows comes as their bytes do: a few bytes of a packed header can claim any size.
        var rows = header.FortranOrder ? ReadColumns(array, count, width) : ReadRows(array, count, width);
        array.Finish();
        return new EmbeddingTable(path, names, count, width, rows, info);
    }

    private static float[][] ReadRows(NpyArrayReader array, int count, int width)
    {
        var size = array.Header.ElementSize;
        var raw = new byte[checked(width * size)];
        var rows = new float[count][];
        for (var n = 0; n < count; n++)
        {
            array.Read(raw);
            rows[n] = new float[width];
            for (var d = 0; d < width; d++) rows[n][d] = (float)NpyElements.ToDouble(raw.AsSpan(d * size, size), array.Header);
        }

        return rows;
    }

    // Fortran order has the first index run fastest: one number of every row after another. Of more than two axes, the last runs slowest.
    private static float[][] ReadColumns(NpyArrayReader array, int count, int width)
    {
        var shape = array.Header.Shape;
        var size = array.Header.ElementSize;
        var raw = new byte[checked(count * size)];
        var columns = new float[width][];
        for (var read = 0; read < width; read++)
        {
            array.Read(raw);
            var (at, rest, stride) = (0L, (long)read, (long)width);
            for (var axis = 1; axis < shape.Count; axis++)
            {
                stride /= shape[axis];
                at += rest % shape[axis] * stride;
                rest /= shape[axis];
            }

            var column = columns[(int)at] = new float[count];
            for (var n = 0; n < count; n++) column[n] = (float)NpyElements.ToDouble(raw.AsSpan(n * size, size), array.Header);
        }

        var rows = new float[count][];
        for (var n = 0; n < count; n++)
        {
            rows[n] = new float[width];
            for (var d = 0; d < width; d++) rows[n][d] = columns[d][n];
        }

        return rows;
    }

    private static bool IsMatrix(NpzArchive archive, string key)
    {
        using var array = archive.OpenArray(key);
        return array.Header is { Kind: 'f', Shape.Count: >= 2 };
    }

    private static Dictionary<string, string> Info(string[] lines) =>
        lines.Select(l => l.Split('=', 2)).Where(p => p.Length == 2).DistinctBy(p => p[0], StringComparer.Ordinal).ToDictionary(
            p => p[0], p => p[1], StringComparer.Ordinal);

    private static int CodePoints(string text) => text.EnumerateRunes().Count();

    private static void WriteTexts(IReadOnlyList<string> texts, int width, SpanAction write)
    {
        var cell = new byte[4 * width];
        foreach (var text in texts)
        {
            cell.AsSpan().Clear();
            Encoding.UTF32.GetBytes(text, cell);
            write(cell);
        }
    }

    // Twice over the content: the checksum stands before it.
    private static void Add(ZipWriter zip, string name, byte[] header, long bytes, Action<SpanAction> content)
    {
        var sum = Crc32.Append(header);
        content(block => sum = Crc32.Append(block, sum));
        zip.Add(name, sum, header.Length + bytes, stream =>
        {
            stream.Write(header);
            content(stream.Write);
        });
    }

    private static byte[] Header(string fields)
    {
        // Version 1: magic, length, and text that ends the header at a multiple of 64.
        var text = string.Create(CultureInfo.InvariantCulture, $"{{{fields}}}");
        var padded = text.PadRight((((10 + text.Length + 1 + 63) / 64) * 64) - 10 - 1) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)padded.Length, (byte)(padded.Length >> 8), .. Encoding.ASCII.GetBytes(padded)];
    }

    private delegate void SpanAction(ReadOnlySpan<byte> bytes);
}
