using Ark.Tests;

namespace Ark.Fuzz;

internal sealed class DicomTarget : PictureTarget
{
    public override string Name => "dicom";

    public override string Description => "DICOM pictures, JPEG and run lengths inside";

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        .. Samples.Files("Dicom", 8000, ".dcm"), .. Samples.Files("Field", 8000, ".dcm", ".dicom"),
        .. Samples.Files("Hostile/image", 7000, ".dcm"),
        TestDicom.Grey(4, 4, 8, 8).Pixels(new byte[16]).ToArray(),
        TestDicom.Grey(8, 8, 8, 8, TestDicom.Jpeg).Fragments(Encoded.Jpeg(Encoded.Picture(8, 8, 1))).ToArray(),
        TestDicom.Grey(2, 2, 16, 16, TestDicom.Rle).Fragments([.. new byte[64], 255, 0, 255, 0]).ToArray(),
    ];

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        DicomElements.Mutate(seed, others, random);
}
