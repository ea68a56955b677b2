using System.Buffers.Binary;

namespace Ark.Data;

/// <summary>DICOM's run-length encoding (PS3.5 annex G): one packed plane for every byte of every sample.</summary>
internal static class DicomRunLength
{
    private const int HeaderLength = 64;

    /// <summary>Unpacks a frame.</summary>
    /// <param name="data">The data set, for messages.</param>
    /// <param name="pixels">The layout.</param>
    /// <param name="frame">The packed frame.</param>
    /// <returns>Samples as an uncompressed file has them: little-endian, plane after plane where there are several samples.</returns>
    public static byte[] Unpack(DicomDataSet data, DicomPixels pixels, ReadOnlySpan<byte> frame)
    {
        var planes = pixels.Samples * pixels.BytesPerSample;
        if (frame.Length < HeaderLength) throw data.Error(DicomTag.PixelData, "the RLE frame of the DICOM file is truncated");
        if (BinaryPrimitives.ReadUInt32LittleEndian(frame) != planes)
            throw data.Error(
                DicomTag.PixelData,
                $"the RLE frame does not have the {planes} segment(s) that its pixels need, so the DICOM file is invalid");
        var result = new byte[planes * pixels.Count];
        for (var p = 0; p < planes; p++)
        {
            var start = BinaryPrimitives.ReadUInt32LittleEndian(frame[(4 + (4 * p))..]);
            var end = p + 1 < planes ? BinaryPrimitives.ReadUInt32LittleEndian(frame[(8 + (4 * p))..]) : (uint)frame.Length;
            if (start < HeaderLength || end < start || end > frame.Length)
                throw data.Error(DicomTag.PixelData, "the RLE segments of the DICOM file overlap or are truncated");
            // Planes come with the high byte first; samples are written with the low byte first.
            var sample = p / pixels.BytesPerSample;
            var offset = (sample * pixels.Count * pixels.BytesPerSample) + (pixels.BytesPerSample - 1 - (p % pixels.BytesPerSample));
            Unpack(data, frame[(int)start..(int)end], result, offset, pixels.BytesPerSample, pixels.Count);
        }

        return result;
    }

    private static void Unpack(DicomDataSet data, ReadOnlySpan<byte> packed, Span<byte> result, int offset, int step, int count)
    {
        var at = 0;
        var done = 0;
        while (done < count)
        {
            if (at >= packed.Length) throw data.Error(DicomTag.PixelData, "an RLE segment of the DICOM file is truncated");
            var control = (sbyte)packed[at++];
            if (control == sbyte.MinValue) continue;
            var repeats = control < 0;
            var length = repeats ? 1 - control : control + 1;
            if (at + (repeats ? 1 : length) > packed.Length)
                throw data.Error(DicomTag.PixelData, "an RLE segment of the DICOM file is truncated");
            if (length > count - done)
                throw data.Error(DicomTag.PixelData, "an RLE segment of the DICOM file is longer than its image, so its length is invalid");
            for (var i = 0; i < length; i++) result[offset + ((done + i) * step)] = packed[repeats ? at : at + i];
            at += repeats ? 1 : length;
            done += length;
        }
    }
}
