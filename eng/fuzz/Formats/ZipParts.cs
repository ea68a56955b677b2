using System.Buffers.Binary;
using System.IO.Compression;

namespace Ark.Fuzz;

/// <summary>Zip archives taken apart and put together again, with right checksums or with wrong fields.</summary>
internal static class ZipParts
{
    private const uint Local = 0x04034b50, Central = 0x02014b50, End = 0x06054b50, End64 = 0x06064b50, Locator = 0x07064b50;

    // Offsets and lengths of the fields of each record.
    private static readonly Dictionary<uint, (int Offset, int Length)[]> Fields = new()
    {
        [Local] = [(4, 2), (6, 2), (8, 2), (10, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)],
        [Central] =
        [
            (4, 2), (6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (34, 2), (36, 2), (38, 4), (42, 4),
        ],
        [End] = [(4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)],
        [End64] = [(4, 8), (12, 2), (16, 4), (20, 4), (24, 8), (32, 8), (40, 8), (48, 8)],
        [Locator] = [(4, 4), (8, 8), (16, 4)],
    };

    /// <summary>The entries of an archive.</summary>
    /// <returns><see langword="null"/> where it is none.</returns>
    public static List<(string Name, byte[] Content)>? Read(byte[] zip)
    {
        try
        {
            using var archive = new ZipArchive(new MemoryStream(zip), ZipArchiveMode.Read);
            var entries = new List<(string, byte[])>();
            foreach (var entry in archive.Entries)
            {
                if (entry.Length > 4 << 20) return null;
                using var content = new MemoryStream();
                using (var stream = entry.Open()) stream.CopyTo(content);
                entries.Add((entry.FullName, content.ToArray()));
            }

            return entries.Count == 0 ? null : entries;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentException or NotSupportedException
            or OverflowException)
        {
            return null;
        }
    }

    /// <summary>An archive as PyTorch writes it, or deflated as others do.</summary>
    public static byte[] Write(List<(string Name, byte[] Content)> entries, bool deflated)
    {
        using var stream = new MemoryStream();
        if (deflated)
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            foreach (var (name, content) in entries)
            {
                using var entry = archive.CreateEntry(name.Length == 0 ? "x" : name, CompressionLevel.Fastest).Open();
                entry.Write(content);
            }
        }
        else
        {
            var zip = new ZipWriter(stream);
            foreach (var (name, content) in entries) zip.Add(name, content);
            zip.Finish();
        }

        return stream.ToArray();
    }

    /// <summary>Changes fields of headers, directory and end records where they are.</summary>
    public static byte[] MutateFields(byte[] zip, RandomStream random)
    {
        var bytes = (byte[])zip.Clone();
        var records = new List<(int At, uint Kind)>();
        for (var at = 0; at + 4 <= bytes.Length; at++)
        {
            if (bytes[at] != 'P' || bytes[at + 1] != 'K') continue;
            var kind = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
            if (Fields.ContainsKey(kind)) records.Add((at, kind));
        }

        if (records.Count == 0) return bytes;
        Span<byte> number = stackalloc byte[8];
        for (var change = Extremes.FurtherChanges(random); change >= 0; change--)
        {
            var (at, kind) = records[random.NextInt32(records.Count)];
            var (offset, length) = Fields[kind][random.NextInt32(Fields[kind].Length)];
            if (at + offset + length > bytes.Length) continue;
            var field = bytes.AsSpan(at + offset, length);
            number.Clear();
            field.CopyTo(number);
            var value = BinaryPrimitives.ReadInt64LittleEndian(number);
            value = random.NextInt32(5) switch
            {
                0 => value + random.NextInt32(9) - 4,
                1 => records[random.NextInt32(records.Count)].At,
                2 => value ^ (1L << random.NextInt32(8 * length)),
                _ => Extremes.Whole(random),
            };
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
            number[..length].CopyTo(field);
        }

        return bytes;
    }

    /// <summary>Puts bytes between two records, takes some away, or appends another archive.</summary>
    public static byte[] MutateLayout(byte[] zip, byte[] other, RandomStream random) => random.NextInt32(4) switch
    {
        0 => [.. zip, .. other],
        1 => [.. Extremes.Bytes(random.NextInt32(70), random), .. zip],
        2 => [.. zip, .. Extremes.Bytes(random.NextInt32(70), random)],
        _ => random.NextInt32(zip.Length + 1) is var at
            ? [.. zip[..at], .. Extremes.Bytes(random.NextInt32(20), random), .. zip[at..]]
            : zip,
    };

    /// <summary>Changes which entries there are, and what they are called.</summary>
    public static void MutateEntries(List<(string Name, byte[] Content)> entries, RandomStream random)
    {
        var at = random.NextInt32(entries.Count);
        var (name, content) = entries[at];
        switch (random.NextInt32(7))
        {
            case 0 when entries.Count > 1:
                entries.RemoveAt(at);
                break;
            case 1:
                entries.Add(entries[at]);
                break;
            case 2:
                entries[at] = (name.ToUpperInvariant(), content);
                break;
            case 3:
                entries[at] = (Cut(name + Extremes.Text(random)), content);
                break;
            case 4:
                entries[at] = (name, content[..random.NextInt32(content.Length + 1)]);
                break;
            case 5:
                entries[at] = (name, [.. content, .. Extremes.Bytes(random.NextInt32(40), random)]);
                break;
            default:
                var second = random.NextInt32(entries.Count);
                (entries[at], entries[second]) = ((name, entries[second].Content), (entries[second].Name, content));
                break;
        }
    }

    private static string Cut(string name) => name.Length > 3000 ? name[..3000] : name;
}
