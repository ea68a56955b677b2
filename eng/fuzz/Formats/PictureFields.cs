using System.Buffers.Binary;
using System.Text;

namespace Ark.Fuzz;

/// <summary>The numbers by which TIFF, WebP, GIF and BMP files say what they hold, changed where they stand.</summary>
internal static class PictureFields
{
    private static readonly ushort[] TiffTags =
    [
        254, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282, 284, 290, 292, 293, 296, 301, 305, 317, 318, 320, 322, 323, 324,
        325, 330, 332, 338, 339, 340, 347, 512, 513, 514, 529, 530, 531, 532, 700, 33432, 34377, 34665, 34675, 37724, 42112, 42113, 50838,
    ];

    public static byte[] Mutate(byte[] picture, IReadOnlyList<byte[]> others, RandomStream random) => picture switch
    {
        [0x49, 0x49, ..] or [0x4D, 0x4D, ..] when random.Chance(0.7) => Tiff((byte[])picture.Clone(), random),
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..] when random.Chance(0.7) => Riff(picture, others, random),
        [(byte)'G', (byte)'I', (byte)'F', ..] when random.Chance(0.6) => Gif((byte[])picture.Clone(), random),
        [(byte)'B', (byte)'M', ..] when random.Chance(0.7) => Bmp((byte[])picture.Clone(), random),
        _ => ByteMutations.Apply(picture, others, random),
    };

    private static byte[] Tiff(byte[] tiff, RandomStream random)
    {
        if (tiff.Length < 12) return tiff;
        var isLittle = tiff[0] == 0x49;
        int Short(int at) => at + 2 > tiff.Length ? 0 : isLittle
            ? BinaryPrimitives.ReadUInt16LittleEndian(tiff.AsSpan(at))
            : BinaryPrimitives.ReadUInt16BigEndian(tiff.AsSpan(at));
        void Write(int at, long value, int width)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
            bytes = bytes[..width];
            if (!isLittle) bytes.Reverse();
            if (at + width <= tiff.Length) bytes.CopyTo(tiff.AsSpan(at));
        }

        var directory = isLittle
            ? BinaryPrimitives.ReadUInt32LittleEndian(tiff.AsSpan(4))
            : BinaryPrimitives.ReadUInt32BigEndian(tiff.AsSpan(4));
        if (directory > tiff.Length - 2) return ByteMutations.Apply(tiff, [tiff], random);
        var count = Short((int)directory);
        if (count == 0) return ByteMutations.Apply(tiff, [tiff], random);
        for (var change = Extremes.FurtherChanges(random); change >= 0; change--)
        {
            var entry = (int)directory + 2 + (12 * random.NextInt32(Math.Min(count, 200)));
            switch (random.NextInt32(7))
            {
                case 0:
                    Write(entry, TiffTags[random.NextInt32(TiffTags.Length)], 2);
                    break;
                case 1:
                    Write(entry + 2, random.NextInt32(20), 2);
                    break;
                case 2:
                    Write(entry + 4, Extremes.Whole(random), 4);
                    break;
                case 3:
                    Write((int)directory + 2 + (12 * count), random.Chance(0.5) ? directory : Extremes.Whole(random), 4);
                    break;
                case 4:
                    Write(entry + 8, random.NextInt32(tiff.Length), 4);
                    break;
                default:
                    Write(entry + 8, Extremes.Whole(random), random.Chance(0.5) ? 2 : 4);
                    break;
            }
        }

        return tiff;
    }

    private static byte[] Riff(byte[] file, IReadOnlyList<byte[]> others, RandomStream random)
    {
        var chunks = new List<(string Type, byte[] Data)>();
        for (var at = 12; at + 8 <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 4));
            length = (uint)Math.Min(length, file.Length - at - 8);
            chunks.Add((Encoding.Latin1.GetString(file, at, 4), file.AsSpan(at + 8, (int)length).ToArray()));
            at += 8 + (int)length + (int)(length & 1);
        }

        if (chunks.Count == 0) return ByteMutations.Apply(file, others, random);
        var chosen = random.NextInt32(chunks.Count);
        switch (random.NextInt32(5))
        {
            case 0:
                chunks.Insert(chosen, chunks[random.NextInt32(chunks.Count)]);
                break;
            case 1:
                string[] types = ["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "EXIF", "XMP ", "ICCP"];
                chunks[chosen] = (types[random.NextInt32(types.Length)], chunks[chosen].Data);
                break;
            case 2:
                var head = (byte[])chunks[chosen].Data.Clone();
                if (head.Length > 0) head[random.NextInt32(Math.Min(16, head.Length))] = (byte)random.NextInt32(256);
                chunks[chosen] = (chunks[chosen].Type, head);
                break;
            case 3:
                chunks.Insert(0, ("VP8X", [(byte)random.NextInt32(64), 0, 0, 0, .. Extremes.Bytes(2, random), 0, 7, 0, 0]));
                break;
            default:
                chunks[chosen] = (chunks[chosen].Type, ByteMutations.Apply(chunks[chosen].Data, others, random));
                break;
        }

        using var result = new MemoryStream();
        result.Write("RIFF\0\0\0\0WEBP"u8);
        foreach (var (type, data) in chunks)
        {
            result.Write(Encoding.Latin1.GetBytes(type));
            result.Write(BitConverter.GetBytes(data.Length));
            result.Write(data);
            if ((data.Length & 1) != 0) result.WriteByte(0);
        }

        var bytes = result.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), bytes.Length - 8);
        return bytes;
    }

    private static byte[] Gif(byte[] gif, RandomStream random)
    {
        // The screen, and what stands in front of each picture.
        var places = new List<int> { 6, 8, 10 };
        for (var i = 13; i + 10 < gif.Length; i++)
        {
            if (gif[i] is 0x2C or 0x21) places.AddRange([i, i + 1, i + 3, i + 5, i + 7, i + 9, i + 10]);
        }

        for (var change = Extremes.FurtherChanges(random); change >= 0; change--)
        {
            var at = places[random.NextInt32(places.Count)];
            if (at + 2 > gif.Length) continue;
            if (random.Chance(0.5)) gif[at] = (byte)random.NextInt32(256);
            else BinaryPrimitives.WriteInt16LittleEndian(gif.AsSpan(at), (short)Extremes.Whole(random));
        }

        return gif;
    }

    private static byte[] Bmp(byte[] bmp, RandomStream random)
    {
        Span<byte> number = stackalloc byte[8];
        for (var change = Extremes.FurtherChanges(random); change >= 0; change--)
        {
            (int At, int Width)[] fields =
                [(2, 4), (10, 4), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2), (30, 4), (34, 4), (46, 4), (50, 4)];
            var (at, width) = fields[random.NextInt32(fields.Length)];
            if (at + width > bmp.Length) continue;
            BinaryPrimitives.WriteInt64LittleEndian(number, Extremes.Whole(random));
            number[..width].CopyTo(bmp.AsSpan(at));
        }

        return bmp;
    }
}
