namespace Ark.Data;

/// <summary>How the pixels of a DICOM file are encoded.</summary>
internal enum DicomEncoding
{
    Native,
    RunLength,
    Jpeg,
}

/// <summary>The transfer syntaxes that are read, and the names of the others.</summary>
internal static class DicomSyntax
{
    public const string ImplicitLittleEndian = "1.2.840.10008.1.2";
    public const string Deflated = "1.2.840.10008.1.2.1.99";

    private static readonly Dictionary<string, string> Unsupported = new(StringComparer.Ordinal)
    {
        ["1.2.840.10008.1.2.2"] = "Explicit VR Big Endian",
        ["1.2.840.10008.1.2.1.98"] = "Encapsulated Uncompressed Explicit VR Little Endian",
        ["1.2.840.10008.1.2.4.51"] = "JPEG Extended",
        ["1.2.840.10008.1.2.4.57"] = "JPEG Lossless",
        ["1.2.840.10008.1.2.4.70"] = "JPEG Lossless SV1",
        ["1.2.840.10008.1.2.4.80"] = "JPEG-LS Lossless",
        ["1.2.840.10008.1.2.4.81"] = "JPEG-LS Near-Lossless",
        ["1.2.840.10008.1.2.4.90"] = "JPEG 2000 Lossless",
        ["1.2.840.10008.1.2.4.91"] = "JPEG 2000",
        ["1.2.840.10008.1.2.4.100"] = "MPEG-2",
        ["1.2.840.10008.1.2.4.102"] = "MPEG-4 H.264",
        ["1.2.840.10008.1.2.4.110"] = "JPEG XL Lossless",
        ["1.2.840.10008.1.2.4.112"] = "JPEG XL",
        ["1.2.840.10008.1.2.4.201"] = "High-Throughput JPEG 2000 Lossless",
        ["1.2.840.10008.1.2.4.202"] = "High-Throughput JPEG 2000 RPCL",
        ["1.2.840.10008.1.2.4.203"] = "High-Throughput JPEG 2000",
    };

    /// <summary>How a syntax encodes pixels.</summary>
    /// <param name="uid">The syntax.</param>
    /// <param name="name">The image, for messages.</param>
    /// <exception cref="ArkInputException">It is none of those that are read.</exception>
    public static DicomEncoding Of(string uid, string name) => uid switch
    {
        ImplicitLittleEndian or "1.2.840.10008.1.2.1" or Deflated => DicomEncoding.Native,
        "1.2.840.10008.1.2.5" => DicomEncoding.RunLength,
        "1.2.840.10008.1.2.4.50" => DicomEncoding.Jpeg,
        _ => throw new ArkInputException(
            name,
            $"tag {DicomTag.Text(DicomTag.TransferSyntax)}",
            $"the DICOM transfer syntax {(Unsupported.TryGetValue(uid, out var known) ? $"{known} ({uid})" : uid)} is unsupported",
            "Convert the file to an uncompressed one, RLE, or JPEG baseline, for instance with dcmconv, gdcmconv or dcmdjpeg."),
    };
}
