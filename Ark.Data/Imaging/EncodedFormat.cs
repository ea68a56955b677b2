namespace Ark.Data;

/// <summary>What an encoded image is by its first bytes; names are not trusted.</summary>
internal enum EncodedFormat
{
    Unknown,
    Png,
    Jpeg,
    Tiff,
    WebP,
    Bmp,
    Gif,
    Dicom,
}

/// <summary>Recognises formats.</summary>
internal static class EncodedFormats
{
    public static EncodedFormat Recognize(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, ..] => EncodedFormat.Png,
        [0xFF, 0xD8, 0xFF, ..] => EncodedFormat.Jpeg,
        // Before TIFF: a DICOM file may begin as one, so that other programs can read it too.
        _ when DicomImage.IsDicom(bytes) => EncodedFormat.Dicom,
        [0x49, 0x49, 42, 0, ..] or [0x4D, 0x4D, 0, 42, ..] or [0x49, 0x49, 43, 0, ..] or [0x4D, 0x4D, 0, 43, ..] => EncodedFormat.Tiff,
        _ when bytes.StartsWith("RIFF"u8) && bytes.Length >= 12 && bytes[8..].StartsWith("WEBP"u8) => EncodedFormat.WebP,
        _ when bytes.StartsWith("BM"u8) => EncodedFormat.Bmp,
        _ when bytes.StartsWith("GIF8"u8) => EncodedFormat.Gif,
        _ => EncodedFormat.Unknown,
    };
}
