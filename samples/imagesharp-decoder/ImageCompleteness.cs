using System.Buffers.Binary;
using System.IO.Compression;
using Ark;

namespace Samples;

/// <summary>Whether PNG and JPEG files are whole: chunks with their checksums and every row, segments up to the end marker.</summary>
public static class ImageCompleteness
{
    private const int PngStart = 8;
    private const string Mend = "Replace or re-save the file.";

    private static readonly uint[] Remainders = [.. Enumerable.Range(0, 256).Select(i => Remainder((uint)i))];

    public static bool IsPng(ReadOnlySpan<byte> bytes) => bytes.StartsWith<byte>([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);

    public static bool IsJpeg(ReadOnlySpan<byte> bytes) => bytes.StartsWith<byte>([0xFF, 0xD8, 0xFF]);

    /// <summary>Reads the first chunk of a PNG.</summary>
    /// <exception cref="ArkInputException">There is none, or it says what cannot be.</exception>
    public static ImageHeader PngHeader(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.Length < PngStart + 25 || !bytes[12..].StartsWith("IHDR"u8)) throw Damaged(name, "PNG", "its header is missing");
        var (width, height) = (BinaryPrimitives.ReadInt32BigEndian(bytes[16..]), BinaryPrimitives.ReadInt32BigEndian(bytes[20..]));
        var (bits, kind) = (bytes[24], bytes[25]);
        var samples = kind switch
        {
            0 or 3 => 1,
            4 => 2,
            2 => 3,
            6 => 4,
            _ => 0,
        };
        if (width < 1 || height < 1 || samples == 0 || bits is not (1 or 2 or 4 or 8 or 16))
            throw Damaged(name, "PNG", "its header is invalid");
        return new ImageHeader(width, height, bits, samples, kind is 0 or 4, bytes[28] == 1);
    }

    /// <summary>Checks the chunks of a PNG, and unpacks its rows to count them.</summary>
    /// <exception cref="ArkInputException">Something is missing or damaged.</exception>
    public static void CheckPng(ReadOnlySpan<byte> bytes, ImageHeader header, string name)
    {
        using var packed = new MemoryStream();
        var at = PngStart;
        for (var isLast = false; !isLast;)
        {
            if (bytes.Length - at < 12) throw Damaged(name, "PNG", "it is cut short");
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            if (length > bytes.Length - at - 12) throw Damaged(name, "PNG", "it is cut short");
            var chunk = bytes.Slice(at + 4, 4 + (int)length);
            var isNeeded = char.IsAsciiLetterUpper((char)chunk[0]);
            // Notes may be damaged; what the picture is made of may not.
            if (isNeeded && Checksum(chunk) != BinaryPrimitives.ReadUInt32BigEndian(bytes[(at + 4 + chunk.Length)..]))
                throw Damaged(name, "PNG", "a checksum is wrong");
            if (chunk.StartsWith("IDAT"u8)) packed.Write(chunk[4..]);
            isLast = chunk.StartsWith("IEND"u8);
            at += 12 + (int)length;
        }

        packed.Position = 0;
        using var rows = new ZLibStream(packed, CompressionMode.Decompress);
        var left = Bytes(header);
        var block = new byte[1 << 16];
        try
        {
            for (int read; left > 0 && (read = rows.Read(block)) > 0;) left -= read;
        }
        catch (InvalidDataException e)
        {
            throw Damaged(name, "PNG", "its data cannot be unpacked", e);
        }

        if (left > 0) throw Damaged(name, "PNG", "rows are missing");
    }

    /// <summary>Reads the frame header of a JPEG.</summary>
    /// <exception cref="ArkInputException">There is none.</exception>
    public static ImageHeader JpegHeader(ReadOnlySpan<byte> bytes, string name)
    {
        for (var at = 2; Next(bytes, ref at, out var marker, out var content);)
        {
            if (marker is < 0xC0 or > 0xCF or 0xC4 or 0xC8 or 0xCC || content.Length < 6) continue;
            var (height, width) = (BinaryPrimitives.ReadUInt16BigEndian(content[1..]), BinaryPrimitives.ReadUInt16BigEndian(content[3..]));
            if (width < 1 || height < 1) break;
            return new ImageHeader(width, height, content[0], content[5], content[5] == 1, IsInterlaced: false);
        }

        throw Damaged(name, "JPEG", "its header is missing");
    }

    /// <summary>Follows the segments and scans of a JPEG to its end marker.</summary>
    /// <exception cref="ArkInputException">It ends before.</exception>
    public static void CheckJpeg(ReadOnlySpan<byte> bytes, string name)
    {
        var (hasScan, hasTable) = (false, false);
        var at = 2;
        while (Next(bytes, ref at, out var marker, out _))
        {
            hasScan |= marker == 0xDA;
            hasTable |= marker == 0xDB;
        }

        if (!hasTable) throw Damaged(name, "JPEG", "its tables are missing");
        if (!hasScan || at + 1 >= bytes.Length || bytes[at] != 0xFF || bytes[at + 1] != 0xD9)
            throw Damaged(name, "JPEG", "it is cut short");
    }

    // The next segment; after the header of a scan, its coded data is stepped over, where FF 00 is a byte and FF D0 to FF D7 restart.
    private static bool Next(ReadOnlySpan<byte> bytes, ref int at, out byte marker, out ReadOnlySpan<byte> content)
    {
        marker = 0;
        content = default;
        while (at + 1 < bytes.Length && bytes[at] == 0xFF && bytes[at + 1] is 0xFF or 0xD8) at += bytes[at + 1] == 0xFF ? 1 : 2;
        if (at + 4 > bytes.Length || bytes[at] != 0xFF || bytes[at + 1] is 0 or 0xD9) return false;
        marker = bytes[at + 1];
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
        if (length < 2 || at + 2 + length > bytes.Length) return false;
        content = bytes.Slice(at + 4, length - 2);
        at += 2 + length;
        if (marker != 0xDA) return true;
        for (; at + 1 < bytes.Length; at++)
        {
            if (bytes[at] == 0xFF && bytes[at + 1] is not (0 or (>= 0xD0 and <= 0xD7))) break;
        }

        return true;
    }

    private static long Bytes(ImageHeader header)
    {
        if (!header.IsInterlaced) return header.Height * (1 + RowBytes(header, header.Width));
        (int X, int Y, int StepX, int StepY)[] passes =
            [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
        return passes.Sum(p =>
        {
            var columns = (header.Width - p.X + p.StepX - 1) / p.StepX;
            var rows = (header.Height - p.Y + p.StepY - 1) / p.StepY;
            return columns > 0 && rows > 0 ? rows * (1 + RowBytes(header, columns)) : 0;
        });
    }

    // CRC-32 as PNG has it; the base library has none.
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        foreach (var b in bytes) sum = Remainders[(byte)(sum ^ b)] ^ (sum >> 8);
        return ~sum;
    }

    private static uint Remainder(uint value)
    {
        for (var bit = 0; bit < 8; bit++) value = (value & 1) == 0 ? value >> 1 : 0xEDB88320 ^ (value >> 1);
        return value;
    }

    private static long RowBytes(ImageHeader header, int columns) => (((long)columns * header.Samples * header.Bits) + 7) / 8;

    private static ArkInputException Damaged(string name, string format, string why, Exception? inner = null) =>
        new(name, null, $"is no whole {format} image: {why}", Mend, inner);
}
