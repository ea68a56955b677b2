using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Ark.Fuzz;

/// <summary>PNG files chunk by chunk, with right checksums.</summary>
internal static class PngChunks
{
    private static readonly string[] Types =
    [
        "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "tEXt", "zTXt", "iTXt", "bKGD", "hIST", "pHYs", "sBIT",
        "sPLT", "tIME", "eXIf", "acTL", "fcTL", "fdAT", "oFFs", "cICP", "mDCV", "CgBI", "abcd", "ABCD",
    ];

    public static byte[] Mutate(byte[] png, IReadOnlyList<byte[]> others, RandomStream random)
    {
        var chunks = Read(png);
        if (chunks.Count == 0) return ByteMutations.Apply(png, others, random);
        for (var change = Extremes.FurtherChanges(random); change >= 0 && chunks.Count > 0; change--)
        {
            var at = random.NextInt32(chunks.Count);
            var (type, data) = chunks[at];
            switch (random.NextInt32(12))
            {
                case 0:
                    chunks.RemoveAt(at);
                    break;
                case 1:
                    chunks.InsertRange(at, Enumerable.Repeat(chunks[at], 1 + random.NextInt32(random.Chance(0.1) ? 300 : 2)));
                    break;
                case 2:
                    chunks[at] = (Types[random.NextInt32(Types.Length)], data);
                    break;
                case 3:
                    chunks.Insert(at, (Types[random.NextInt32(Types.Length)], Extremes.Bytes(random.NextInt32(60), random)));
                    break;
                case 4:
                    var other = Read(others[random.NextInt32(others.Count)]);
                    if (other.Count > 0) chunks.Insert(at, other[random.NextInt32(other.Count)]);
                    break;
                case 5:
                    var second = random.NextInt32(chunks.Count);
                    (chunks[at], chunks[second]) = (chunks[second], chunks[at]);
                    break;
                case 6 or 7 when chunks.Exists(c => c.Type == "IHDR" && c.Data.Length == 13):
                    var head = chunks.FindIndex(c => c.Type == "IHDR" && c.Data.Length == 13);
                    chunks[head] = ("IHDR", Head((byte[])chunks[head].Data.Clone(), random));
                    break;
                case 8 or 9 when chunks.Exists(c => c.Type == "IDAT"):
                    Repack(chunks, others, random);
                    break;
                default:
                    chunks[at] = (type, ByteMutations.Apply(data, [data, .. others.Take(1)], random));
                    break;
            }
        }

        return Write(chunks);
    }

    private static byte[] Head(byte[] head, RandomStream random)
    {
        switch (random.NextInt32(5))
        {
            case 0:
                BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4 * random.NextInt32(2)), (int)Extremes.Whole(random));
                break;
            case 1:
                head[8] = (byte)(1 << random.NextInt32(5));
                break;
            case 2:
                head[9] = (byte)random.NextInt32(8);
                break;
            case 3:
                head[12] ^= 1;
                break;
            default:
                head[random.NextInt32(13)] = (byte)random.NextInt32(256);
                break;
        }

        return head;
    }

    // Changes the samples and filter bytes inside the compressed stream.
    private static void Repack(List<(string Type, byte[] Data)> chunks, IReadOnlyList<byte[]> others, RandomStream random)
    {
        var first = chunks.FindIndex(c => c.Type == "IDAT");
        byte[] whole = [.. chunks.Where(c => c.Type == "IDAT").SelectMany(c => c.Data)];
        var rows = new MemoryStream();
        try
        {
            using var stream = new ZLibStream(new MemoryStream(whole), CompressionMode.Decompress);
            var buffer = new byte[1 << 16];
            int read;
            while (rows.Length < 1 << 20 && (read = stream.Read(buffer)) > 0) rows.Write(buffer, 0, read);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // The part that could be read is packed again.
        }

        using var packed = new MemoryStream();
        using (var stream = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            stream.Write(ByteMutations.Apply(rows.ToArray(), others, random));
        chunks.RemoveAll(c => c.Type == "IDAT");
        var data = packed.ToArray();
        var pieces = 1 + random.NextInt32(4);
        var length = Math.Max(1, (data.Length + pieces - 1) / pieces);
        chunks.InsertRange(Math.Min(first, chunks.Count), data.Chunk(length).Select(d => ("IDAT", d)));
    }

    private static List<(string Type, byte[] Data)> Read(byte[] png)
    {
        var chunks = new List<(string, byte[])>();
        if (png is not [0x89, 0x50, 0x4E, 0x47, ..]) return chunks;
        for (var at = 8; at + 12 <= png.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at));
            if (length > png.Length - at - 12) break;
            chunks.Add((Encoding.Latin1.GetString(png, at + 4, 4), png.AsSpan(at + 8, (int)length).ToArray()));
            at += 12 + (int)length;
        }

        return chunks;
    }

    private static byte[] Write(List<(string Type, byte[] Data)> chunks)
    {
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> number = stackalloc byte[4];
        foreach (var (type, data) in chunks)
        {
            BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
            file.Write(number);
            byte[] body = [.. Encoding.Latin1.GetBytes(type), .. data];
            file.Write(body);
            BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Append(body));
            file.Write(number);
        }

        return file.ToArray();
    }
}
