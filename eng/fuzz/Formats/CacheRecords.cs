using System.Buffers.Binary;
using Ark.Data;

namespace Ark.Fuzz;

/// <summary>Segments of the image cache entry by entry, with right checksums, as somebody who may write there could.</summary>
internal static class CacheRecords
{
    private const int Head = 16;

    public static byte[] Mutate(byte[] segment, RandomStream random)
    {
        var entries = Read(segment);
        if (entries.Count == 0) return ByteMutations.Apply(segment, [segment], random);
        for (var change = Extremes.FurtherChanges(random); change >= 0 && entries.Count > 0; change--)
        {
            var at = random.NextInt32(entries.Count);
            var (record, payload) = entries[at];
            switch (random.NextInt32(7))
            {
                case 0:
                    entries.RemoveAt(at);
                    break;
                case 1:
                    entries.Insert(at, entries[random.NextInt32(entries.Count)]);
                    break;
                case 2 or 3:
                    // Another shape for as many bytes, or for as many as the shape needs.
                    var (width, height) = (Side(random, record.Width), Side(random, record.Height));
                    var channels = 1 + (2 * random.NextInt32(2));
                    if (random.Chance(0.1)) (width, height, channels) = (0, 0, 0);
                    record = record with { Width = width, Height = height, Channels = channels };
                    if (random.Chance(0.7) && record.PayloadLength is >= 0 and < 1 << 18)
                        payload = Extremes.Bytes((int)record.PayloadLength, random);
                    entries[at] = (record, payload);
                    break;
                case 4:
                    entries[at] = (record, ByteMutations.Apply(payload, [payload], random));
                    break;
                case 5:
                    entries[at] = (record with { Key = entries[random.NextInt32(entries.Count)].Record.Key }, payload);
                    break;
                default:
                    entries[at] = (record, payload[..random.NextInt32(payload.Length + 1)]);
                    break;
            }
        }

        return Write(segment.AsSpan(0, Math.Min(Head, segment.Length)), entries, random);
    }

    private static int Side(RandomStream random, int now) => random.NextInt32(4) switch
    {
        0 => (int)Extremes.Whole(random),
        1 => 1 + random.NextInt32(200),
        2 => now + random.NextInt32(3) - 1,
        _ => now,
    };

    private static List<(CacheRecord Record, byte[] Payload)> Read(byte[] segment)
    {
        var entries = new List<(CacheRecord, byte[])>();
        for (var at = Head; at + CacheRecord.Length <= segment.Length;)
        {
            if (!CacheRecord.TryRead(segment.AsSpan(at), out var record)) break;
            if (record.PayloadLength > segment.Length - at - CacheRecord.Length) break;
            entries.Add((record, segment.AsSpan(at + CacheRecord.Length, (int)record.PayloadLength).ToArray()));
            at += (CacheRecord.Length + (int)record.PayloadLength + 15) / 16 * 16;
        }

        return entries;
    }

    private static byte[] Write(ReadOnlySpan<byte> head, List<(CacheRecord Record, byte[] Payload)> entries, RandomStream random)
    {
        using var stream = new MemoryStream();
        stream.Write(head);
        var bytes = new byte[CacheRecord.Length];
        foreach (var (record, payload) in entries)
        {
            (record with { Checksum = random.Chance(0.95) ? Crc32.Append(payload) : record.Checksum }).Write(bytes);
            if (random.Chance(0.02)) BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)random.NextInt32(int.MaxValue));
            stream.Write(bytes);
            stream.Write(payload);
            while (stream.Length % 16 != 0) stream.WriteByte(0);
        }

        return stream.ToArray();
    }
}
