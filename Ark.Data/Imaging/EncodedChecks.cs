using System.Buffers.Binary;
using NetVips;

namespace Ark.Data;

/// <summary>Looks at encoded images before and after libvips opens them, for what it takes otherwise than it should.</summary>
internal static class EncodedChecks
{
    /// <summary>
    /// Bytes of the pixels of an interlaced PNG, as they are stored: it comes in seven passes over the whole, which must be held at once.
    /// </summary>
    public const long MaxInterlacedBytes = 256L << 20;

    private const int PngSignature = 8;
    private const int PngChunk = 12;
    private const int PngHead = PngSignature + PngChunk + 13;

    /// <summary>
    /// A PNG without the chunks that change no pixel. libpng unpacks compressed texts and profiles whole before they are dropped: some
    /// fifteen seconds for each megabyte of a hostile file. Chunks that a decoder must know stay, and whatever is damaged.
    /// </summary>
    /// <param name="bytes">The file.</param>
    /// <param name="keepsOrientation">Whether Exif data matters.</param>
    /// <returns>The file itself where there is nothing to drop.</returns>
    public static byte[] Essential(byte[] bytes, bool keepsOrientation)
    {
        var dropped = Chunks(bytes, keepsOrientation).Where(c => !c.Kept).Sum(c => (long)c.Length);
        if (dropped == 0) return bytes;
        var essential = new byte[bytes.Length - dropped];
        bytes.AsSpan(0, PngSignature).CopyTo(essential);
        var at = PngSignature;
        foreach (var (start, length, _) in Chunks(bytes, keepsOrientation).Where(c => c.Kept))
        {
            bytes.AsSpan(start, length).CopyTo(essential.AsSpan(at));
            at += length;
        }

        return essential;
    }

    /// <summary>Refuses an interlaced PNG that is too large to be held at once.</summary>
    public static void CheckInterlaced(ReadOnlySpan<byte> png, string name)
    {
        if (png.Length < PngHead || png[PngHead - 5] == 0) return;
        var head = png[(PngSignature + 8)..];
        var channels = head[9] switch
        {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        var bytes = (UInt128)BinaryPrimitives.ReadUInt32BigEndian(head) * BinaryPrimitives.ReadUInt32BigEndian(head[4..])
            * (uint)(channels * Math.Max(1, head[8] / 8));
        if (bytes > MaxInterlacedBytes)
            throw new ArkInputException(
                name,
                null,
                $"is an interlaced PNG image of {bytes >> 20} MB, which would have to be held at once; the limit is "
                + $"{MaxInterlacedBytes >> 20} MB",
                "Save it without interlacing.");
    }

    /// <summary>Refuses arithmetic coding, whose damage a decoder cannot tell from a picture.</summary>
    public static void CheckCoding(ReadOnlySpan<byte> jpeg, string name)
    {
        var at = 2;
        while (at + 4 <= jpeg.Length && jpeg[at] == 0xFF)
        {
            var marker = jpeg[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            if (marker is 0xC9 or 0xCA or 0xCB or 0xCD or 0xCE or 0xCF)
                throw new ArkInputException(
                    name,
                    null,
                    "is a JPEG image with arithmetic coding, which is unsupported",
                    "Save it with Huffman coding, the usual one.");
            // The scan begins, or the picture ends; frames come before.
            if (marker is 0xDA or 0xD9) return;
            at += marker is 0x01 or (>= 0xD0 and <= 0xD8) ? 2 : 2 + BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 2)..]);
        }
    }

    /// <summary>Refuses a GIF that libvips gives in another size than its screen's, as it does where that is large.</summary>
    public static void CheckScreen(ReadOnlySpan<byte> gif, Image image, string name)
    {
        if (gif.Length < 10) return;
        var (width, height) = (BinaryPrimitives.ReadUInt16LittleEndian(gif[6..]), BinaryPrimitives.ReadUInt16LittleEndian(gif[8..]));
        if (width != image.Width || height != image.Height)
            throw new ArkInputException(
                name,
                null,
                $"is a GIF image whose picture of {image.Width}x{image.Height} does not fill its screen of {width}x{height}, "
                + "which is unsupported",
                "Convert it to PNG.");
    }

    private static IEnumerable<(int Start, int Length, bool Kept)> Chunks(byte[] bytes, bool keepsOrientation)
    {
        var at = PngSignature;
        while (bytes.Length - at >= PngChunk)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));
            if (length > bytes.Length - at - PngChunk) break;
            var type = bytes.AsSpan(at + 4, 4);
            // A small first letter says that a decoder need not know the chunk. Transparency, though, changes how pixels are read.
            var isKept = (type[0] & 0x20) == 0 || type.SequenceEqual("tRNS"u8) || (keepsOrientation && type.SequenceEqual("eXIf"u8));
            var isEnd = type.SequenceEqual("IEND"u8);
            yield return (at, (int)length + PngChunk, isKept);
            at += (int)length + PngChunk;
            if (isEnd) break;
        }

        // What is damaged is for the decoder to refuse, and what comes after the end for it to pass over.
        if (at < bytes.Length) yield return (at, bytes.Length - at, true);
    }
}
