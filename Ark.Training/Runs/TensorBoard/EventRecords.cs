using System.Buffers.Binary;
using System.Numerics;

namespace Ark.Training;

/// <summary>The records of a TensorBoard event file: length, checksum of the length, bytes, checksum of the bytes (TFRecord).</summary>
internal static class EventRecords
{
    private const int Longest = 1 << 20;

    public static void Write(Stream stream, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Checksum(head[..8]));
        Span<byte> tail = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, Checksum(content));
        stream.Write(head);
        stream.Write(content);
        stream.Write(tail);
    }

    /// <summary>Reads the next record.</summary>
    /// <returns>Its content; <see langword="null"/> at the end, and where what follows is no whole record, as after a kill.</returns>
    public static byte[]? Read(Stream stream)
    {
        Span<byte> head = stackalloc byte[12];
        if (stream.ReadAtLeast(head, 12, throwOnEndOfStream: false) < 12) return null;
        var length = BinaryPrimitives.ReadUInt64LittleEndian(head);
        if (length > Longest || BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) != Checksum(head[..8])) return null;
        var content = new byte[length];
        Span<byte> tail = stackalloc byte[4];
        if (stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) < content.Length
            || stream.ReadAtLeast(tail, 4, throwOnEndOfStream: false) < 4)
            return null;
        return BinaryPrimitives.ReadUInt32LittleEndian(tail) == Checksum(content) ? content : null;
    }

    // CRC-32C, masked as TFRecord does: a checksum of data that holds checksums is weak.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFF;
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        crc = ~crc;
        return BitOperations.RotateRight(crc, 15) + 0xA282EAD8;
    }
}
