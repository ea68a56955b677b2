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
        var (total, table) = (0, 0);
        // Writers forget the table: in its place is the picture then.
        var hasTable = true;
        var count = Walk(data, fragments, (piece, number) =>
        {
            total += piece.Length;
            if (number > 0) return;
            hasTable = !piece.Span.StartsWith<byte>([0xFF, 0xD8, 0xFF]);
            table = hasTable ? piece.Length : 0;
        });
        if (count < (hasTable ? 2 : 1) || total == table)
            throw data.Error(DicomTag.PixelData, "the encapsulated pixel data of the DICOM file is empty");
        var joined = new byte[total - table];
        var at = 0;
        Walk(data, fragments, (piece, number) =>
        {
            if (number == 0 && hasTable) return;
            piece.CopyTo(joined.AsMemory(at));
            at += piece.Length;
        });
        return joined;
    }

    // The pieces are not kept: millions of empty ones would take more than the file.
    private static int Walk(DicomDataSet data, ReadOnlyMemory<byte> fragments, Action<ReadOnlyMemory<byte>, int> found)
    {
        var at = 0;
        for (var number = 0; ; number++)
        {
            // Writers forget the end of the sequence too; what is in it is whole if it ends with the file.
            if (at == fragments.Length && number > 1) return number;
            if (fragments.Length - at < 8) throw Truncated(data);
            var header = fragments.Span[at..];
            var tag = ((uint)BinaryPrimitives.ReadUInt16LittleEndian(header) << 16) | BinaryPrimitives.ReadUInt16LittleEndian(header[2..]);
            var length = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
            at += 8;
            if (tag == DicomTag.SequenceEnd) return number;
            if (tag != DicomTag.Item || length > fragments.Length - at) throw Truncated(data);
            if (number == MaxPieces)
                throw data.Error(DicomTag.PixelData, $"the pixel data of the DICOM file has too many fragments (limit {MaxPieces})");
            found(fragments.Slice(at, (int)length), number);
            at += (int)length;
        }
    }

    private static ArkInputException Truncated(DicomDataSet data) =>
        data.Error(DicomTag.PixelData, "the encapsulated pixel data of the DICOM file is truncated or damaged");
}
