using System.Buffers.Binary;

namespace Ark.Fuzz;

/// <summary>JPEG files segment by segment, with right lengths.</summary>
internal static class JpegSegments
{
    private static readonly byte[] Markers =
    [
        0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC8, 0xC9, 0xCA, 0xCC, 0xD0, 0xD7, 0xD8, 0xD9, 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xE0, 0xE1,
        0xE2, 0xEE, 0xFE, 0x01, 0xF0,
    ];

    public static byte[] Mutate(byte[] jpeg, IReadOnlyList<byte[]> others, RandomStream random)
    {
        var segments = Read(jpeg);
        if (segments.Count == 0) return ByteMutations.Apply(jpeg, others, random);
        for (var change = Extremes.FurtherChanges(random); change >= 0 && segments.Count > 0; change--)
        {
            var at = random.NextInt32(segments.Count);
            var (marker, data, coded) = segments[at];
            switch (random.NextInt32(10))
            {
                case 0:
                    segments.RemoveAt(at);
                    break;
                case 1:
                    segments.InsertRange(at, Enumerable.Repeat(segments[at], 1 + random.NextInt32(random.Chance(0.1) ? 200 : 2)));
                    break;
                case 2:
                    segments[at] = (Markers[random.NextInt32(Markers.Length)], data, coded);
                    break;
                case 3:
                    var other = Read(others[random.NextInt32(others.Count)]);
                    if (other.Count > 0) segments.Insert(at, other[random.NextInt32(other.Count)]);
                    break;
                case 4:
                    var second = random.NextInt32(segments.Count);
                    (segments[at], segments[second]) = (segments[second], segments[at]);
                    break;
                case 5 when coded.Length > 0:
                    segments[at] = (marker, data, ByteMutations.Apply(coded, others, random));
                    break;
                case 6 when segments.Exists(IsFrame):
                    var frame = segments.FindIndex(IsFrame);
                    segments[frame] = segments[frame] with { Data = Frame((byte[])segments[frame].Data.Clone(), random) };
                    break;
                default:
                    if (data.Length == 0) break;
                    var changed = (byte[])data.Clone();
                    if (random.Chance(0.6)) changed[random.NextInt32(changed.Length)] = (byte)random.NextInt32(256);
                    else changed = ByteMutations.Apply(changed, others, random);
                    segments[at] = (marker, changed, coded);
                    break;
            }
        }

        return Write(segments);
    }

    private static bool IsFrame((byte Marker, byte[] Data, byte[] Coded) segment) =>
        segment.Marker is >= 0xC0 and <= 0xC3 && segment.Data.Length >= 6;

    private static byte[] Frame(byte[] data, RandomStream random)
    {
        switch (random.NextInt32(4))
        {
            case 0:
                BinaryPrimitives.WriteInt16BigEndian(data.AsSpan(1 + (2 * random.NextInt32(2))), (short)Extremes.Whole(random));
                break;
            case 1:
                data[5] = (byte)random.NextInt32(6);
                break;
            case 2 when data.Length > 8:
                data[6 + random.NextInt32(data.Length - 6)] = (byte)random.NextInt32(256);
                break;
            default:
                data[0] = (byte)(random.Chance(0.5) ? 12 : random.NextInt32(20));
                break;
        }

        return data;
    }

    private static List<(byte Marker, byte[] Data, byte[] Coded)> Read(byte[] jpeg)
    {
        var segments = new List<(byte, byte[], byte[])>();
        if (jpeg is not [0xFF, 0xD8, ..]) return segments;
        var at = 2;
        while (at + 2 <= jpeg.Length && jpeg[at] == 0xFF)
        {
            var marker = jpeg[at + 1];
            at += 2;
            var data = Array.Empty<byte>();
            if (marker is not (0x01 or (>= 0xD0 and <= 0xD9)) && at + 2 <= jpeg.Length)
            {
                var length = Math.Max(2, (int)BinaryPrimitives.ReadUInt16BigEndian(jpeg.AsSpan(at)));
                data = jpeg.AsSpan(at + 2, Math.Clamp(length - 2, 0, jpeg.Length - at - 2)).ToArray();
                at = Math.Min(jpeg.Length, at + length);
            }

            // What follows up to the next marker: coded samples, with stuffed zeros and restarts.
            var start = at;
            while (at + 1 < jpeg.Length && !(jpeg[at] == 0xFF && jpeg[at + 1] is not (0 or 0xFF or (>= 0xD0 and <= 0xD7)))) at++;
            if (at + 1 >= jpeg.Length) at = jpeg.Length;
            segments.Add((marker, data, jpeg[start..at]));
        }

        return segments;
    }

    private static byte[] Write(List<(byte Marker, byte[] Data, byte[] Coded)> segments)
    {
        using var file = new MemoryStream();
        file.Write([0xFF, 0xD8]);
        Span<byte> number = stackalloc byte[2];
        foreach (var (marker, data, coded) in segments)
        {
            file.Write([0xFF, marker]);
            if (marker is not (0x01 or (>= 0xD0 and <= 0xD9)))
            {
                BinaryPrimitives.WriteUInt16BigEndian(number, (ushort)Math.Min(ushort.MaxValue, data.Length + 2));
                file.Write(number);
                file.Write(data, 0, Math.Min(data.Length, ushort.MaxValue - 2));
            }

            file.Write(coded);
        }

        return file.ToArray();
    }
}
