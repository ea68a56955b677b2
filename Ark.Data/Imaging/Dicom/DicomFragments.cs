using System.Buffers.Binary;

namespace Ark.Data;

/// <summary>Encapsulated pixel data: a table of offsets, then pieces of the one frame.</summary>
internal static class DicomFragments
{
    /// <summary>Fragments of the one frame; writers make one, or one for some kilobytes.</summary>
    public const int MaxPieces = 100_000;

    /// <summary>The pieces, joined.</summary>
    /// <param name="data">The data set, whose pixel data is encapsulated.</param>
    /// <param name="fragments">The bytes behind the pixel data's header.</param>
    /// <returns>The frame as it was encoded.</returns>
    public static byte[] Join(DicomDataSet data, ReadOnlyMemory<byte> fragments)
    {
        var pieces = new List<ReadOnlyMemory<byte>>();
        var at = 0;
        var total = 0;
        while (true)
        {
            // Writers forget the end of the sequence; what is in it is whole if it ends with the file.
            if (at == fragments.Length && pieces.Count > 1) break;
            if (fragments.Length - at < 8) throw Truncated(data);
            var header = fragments.Span[at..];
            var tag = ((uint)BinaryPrimitives.ReadUInt16LittleEndian(header) << 16) | BinaryPrimitives.ReadUInt16LittleEndian(header[2..]);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            at += 8;
            if (tag == DicomTag.SequenceEnd) break;
            if (tag != DicomTag.Item || length > fragments.Length - at) throw Truncated(data);
            if (pieces.Count == MaxPieces)
                throw data.Error(DicomTag.PixelData, $"the pixel data of the DICOM file has too many fragments (limit {MaxPieces})");
            pieces.Add(fragments.Slice(at, (int)length));
            at += (int)length;
            total += (int)length;
        }

        // Writers forget the table too: its place is then that of the picture.
        if (pieces is [var first, ..] && first.Span.StartsWith<byte>([0xFF, 0xD8, 0xFF])) pieces.Insert(0, default);
        if (pieces.Count < 2 || total == pieces[0].Length)
            throw data.Error(DicomTag.PixelData, "the encapsulated pixel data of the DICOM file is empty");
        var joined = new byte[total - pieces[0].Length];
        at = 0;
        foreach (var piece in pieces.Skip(1))
        {
            piece.CopyTo(joined.AsMemory(at));
            at += piece.Length;
        }

        return joined;
    }

    private static ArkInputException Truncated(DicomDataSet data) =>
        data.Error(DicomTag.PixelData, "the encapsulated pixel data of the DICOM file is truncated or damaged");
}
