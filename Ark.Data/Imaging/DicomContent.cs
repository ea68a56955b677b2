using System.Buffers;

namespace Ark.Data;

/// <summary>What a file of a folder is to DICOM.</summary>
internal enum DicomContent
{
    None,

    /// <summary>A picture, or what cannot be told from one without reading all of it.</summary>
    Picture,

    /// <summary>A directory, a report, a presentation state or another object without a picture, as archives put them beside.</summary>
    NoPicture,
}

/// <summary>Tells the pictures of an archive's folder from what lies beside them.</summary>
internal static class DicomContents
{
    private const int HeadLength = 4096;
    private const int SmallFile = 1 << 18;

    // By the beginning of the class of the object: directories, presentation states, waveforms, reports, encapsulated documents,
    // registrations and other plain data, plans.
    private static readonly string[] WithoutPicture =
    [
        "1.2.840.10008.1.3.10", "1.2.840.10008.5.1.4.1.1.11.", "1.2.840.10008.5.1.4.1.1.9.", "1.2.840.10008.5.1.4.1.1.88.",
        "1.2.840.10008.5.1.4.1.1.104.", "1.2.840.10008.5.1.4.1.1.66", "1.2.840.10008.5.1.4.1.1.67", "1.2.840.10008.5.1.4.1.1.481.3",
        "1.2.840.10008.5.1.4.1.1.481.5", "1.2.840.10008.5.1.4.38.", "1.2.840.10008.5.1.4.39.",
    ];

    // A segmentation is made of pixels, whatever its neighbors are.
    private const string Segmentation = "1.2.840.10008.5.1.4.1.1.66.4";

    /// <summary>Looks into a file.</summary>
    /// <param name="file">The file; one that cannot be read is none of ours.</param>
    public static DicomContent Of(string file)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(SmallFile);
        try
        {
            if (RegularFile.ObstacleOf(file) is not null) return DicomContent.None;
            var info = new FileInfo(file);
            var length = ((info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo) ?? info).Length;
            if (length < DicomImage.HeadBytes) return DicomContent.None;
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var read = stream.ReadAtLeast(buffer.AsSpan(0, HeadLength), HeadLength, throwOnEndOfStream: false);
            if (!DicomImage.IsDicom(buffer.AsSpan(0, read))) return DicomContent.None;
            var kind = DicomImage.ClassOf(buffer.AsMemory(0, read), file);
            if (kind is not null && kind != Segmentation && WithoutPicture.Any(w => kind.StartsWith(w, StringComparison.Ordinal)))
                return DicomContent.NoPicture;
            // Vendors have classes of their own: what is small is read to its end.
            if (length > SmallFile) return DicomContent.Picture;
            read += stream.ReadAtLeast(buffer.AsSpan(read, SmallFile - read), (int)length - read, throwOnEndOfStream: false);
            return DicomImage.HoldsPicture(buffer.AsMemory(0, read), file) ? DicomContent.Picture : DicomContent.NoPicture;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return DicomContent.None;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
