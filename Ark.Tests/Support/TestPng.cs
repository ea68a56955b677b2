using System.Buffers.Binary;
using System.IO.Compression;

namespace Ark.Tests;

/// <summary>Writes PNG files of every kind, also ones that no encoder would write.</summary>
internal static class TestPng
{
    public const int Grey = 0, Rgb = 2, Palette = 3, GreyAlpha = 4, Rgba = 6;

    /// <summary>A file of the given header, of rows of packed samples (without their filter byte), and of chunks between the two.</summary>
    public static byte[] Write(int width, int height, int colorType, int bitDepth, byte[][] rows, params (string Type, byte[] Data)[] extra)
    {
        using var data = new MemoryStream();
        using (var packed = new ZLibStream(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var row in rows)
            {
                packed.WriteByte(0);
                packed.Write(row);
            }
        }

        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = (byte)bitDepth;
        header[9] = (byte)colorType;
        WriteChunk(file, "IHDR", header);
        foreach (var (type, content) in extra) WriteChunk(file, type, content);
        WriteChunk(file, "IDAT", data.ToArray());
        WriteChunk(file, "IEND", []);
        return file.ToArray();
    }

    /// <summary>A picture whose samples are given in one piece, 8 bits each.</summary>
    public static byte[] Write8(int width, int height, int colorType, byte[] samples) =>
        Write(width, height, colorType, 8, [.. samples.Chunk(samples.Length / height)]);

    /// <summary>Samples that look like nothing, the same ones every time.</summary>
    public static byte[] Noise(int count, ulong seed = 1)
    {
        var random = new RandomStream(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (byte)random.NextInt32(256))];
    }

    private static void WriteChunk(Stream file, string type, byte[] data)
    {
        var body = new byte[4 + data.Length];
        System.Text.Encoding.ASCII.GetBytes(type, body);
        data.CopyTo(body, 4);
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
        file.Write(number);
    }

    private static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }

        return ~crc;
    }
}
