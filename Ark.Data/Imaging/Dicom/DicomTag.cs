namespace Ark.Data;

/// <summary>The attributes that decide what an image looks like; nothing else of a file is read, least of all about the patient.</summary>
internal static class DicomTag
{
    public const uint MediaClass = 0x0002_0002;
    public const uint TransferSyntax = 0x0002_0010;
    public const uint SamplesPerPixel = 0x0028_0002;
    public const uint Photometric = 0x0028_0004;
    public const uint PlanarConfiguration = 0x0028_0006;
    public const uint NumberOfFrames = 0x0028_0008;
    public const uint Rows = 0x0028_0010;
    public const uint Columns = 0x0028_0011;
    public const uint BitsAllocated = 0x0028_0100;
    public const uint BitsStored = 0x0028_0101;
    public const uint HighBit = 0x0028_0102;
    public const uint PixelRepresentation = 0x0028_0103;
    public const uint WindowCenter = 0x0028_1050;
    public const uint WindowWidth = 0x0028_1051;
    public const uint RescaleIntercept = 0x0028_1052;
    public const uint RescaleSlope = 0x0028_1053;
    public const uint VoiFunction = 0x0028_1056;
    public const uint ModalityLutSequence = 0x0028_3000;
    public const uint LutDescriptor = 0x0028_3002;
    public const uint LutData = 0x0028_3006;
    public const uint VoiLutSequence = 0x0028_3010;
    public const uint FrameVoiLutSequence = 0x0028_9132;
    public const uint PixelValueTransformationSequence = 0x0028_9145;
    public const uint SharedFunctionalGroups = 0x5200_9229;
    public const uint PerFrameFunctionalGroups = 0x5200_9230;
    public const uint PixelData = 0x7FE0_0010;
    public const uint Item = 0xFFFE_E000;
    public const uint ItemEnd = 0xFFFE_E00D;
    public const uint SequenceEnd = 0xFFFE_E0DD;

    /// <summary>Whether an attribute is kept.</summary>
    public static bool IsWanted(
        uint tag) => tag is SamplesPerPixel or Photometric or PlanarConfiguration or NumberOfFrames or Rows or Columns
        or BitsAllocated or BitsStored or HighBit or PixelRepresentation or WindowCenter or WindowWidth or RescaleIntercept or RescaleSlope
        or VoiFunction or LutDescriptor or LutData or PixelData || IsWantedSequence(tag);

    /// <summary>Whether a sequence is looked into.</summary>
    public static bool IsWantedSequence(uint tag) => tag is ModalityLutSequence or VoiLutSequence or FrameVoiLutSequence
        or PixelValueTransformationSequence or SharedFunctionalGroups or PerFrameFunctionalGroups;

    /// <summary>A tag as it is written: <c>(0028,0010)</c>.</summary>
    public static string Text(uint tag) => $"({tag >> 16:X4},{tag & 0xFFFF:X4})";
}
