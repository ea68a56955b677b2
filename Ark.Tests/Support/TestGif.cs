using System.Buffers.Binary;

namespace Ark.Tests;

/// <summary>Writes grey GIFs of one picture or several, in codes of nine bits that compress nothing.</summary>
internal static class TestGif
{
    private const int Clear = 256;
    private const int End = 257;

    // After a clear code the table grows with every code; before codes would get wider it is cleared again.
    private const int Run = 254;

    public static byte[] Write(int width, int height, params byte[][] pictures) => Write(width, height, transparent: null, pictures);

    /// <summary>The same, with one grey value that is transparent.</summary>
    public static byte[] Write(int width, int height, byte? transparent, params byte[][] pictures)
    {
        using var file = new MemoryStream();
        file.Write("GIF89a"u8);
        Short(file, width);
        Short(file, height);
        file.Write([0xF7, 0, 0]);
        for (var level = 0; level < 256; level++) file.Write([(byte)level, (byte)level, (byte)level]);
        foreach (var pixels in pictures)
        {
            if (transparent is { } value) file.Write([0x21, 0xF9, 4, 1, 0, 0, value, 0]);
            file.WriteByte(0x2C);
            foreach (var number in (int[])[0, 0, width, height]) Short(file, number);
            file.Write([0, 8]);
            foreach (var block in Codes(pixels).Chunk(255))
            {
                file.WriteByte((byte)block.Length);
                file.Write(block);
            }

            file.WriteByte(0);
        }

        file.WriteByte(0x3B);
        return file.ToArray();
    }

    private static List<byte> Codes(byte[] pixels)
    {
        var (bytes, pending, bits) = (new List<byte>(), 0, 0);
        void Add(int code)
        {
            pending |= code << bits;
            for (bits += 9; bits >= 8; bits -= 8, pending >>= 8) bytes.Add((byte)pending);
        }

        for (var i = 0; i < pixels.Length; i++)
        {
            if (i % Run == 0) Add(Clear);
            Add(pixels[i]);
        }

        Add(End);
        bytes.Add((byte)pending);
        return bytes;
    }

    private static void Short(MemoryStream file, int number)
    {
        Span<byte> bytes = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)number);
        file.Write(bytes);
    }
}
