using Ark.Tests;

namespace Ark.Fuzz;

internal sealed class OtherPicturesTarget : PictureTarget
{
    public override string Name => "pictures";

    public override string Description => "TIFF, WebP, GIF and BMP pictures";

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        .. Samples.Files("Field", ".tif", ".webp", ".gif", ".bmp"),
        .. Samples.Files("Hostile/image", 7000, ".tif", ".gif", ".webp", ".bmp"),
        Encoded.Tiff(Encoded.Picture(20, 10, 3)), Encoded.LosslessWebP(Encoded.Picture(20, 10, 3)),
        TestGif.Write(12, 9, TestPng.Noise(108)), TestGif.Write(6, 5, 3, TestPng.Noise(30), TestPng.Noise(30, 2)),
        Bmp(24, 5, 4), Bmp(8, 6, 3), Bmp(32, 4, 4), Bmp(1, 9, 2),
    ];

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        PictureFields.Mutate(seed, others, random);

    private static byte[] Bmp(short bits, int width, int height)
    {
        var colors = bits <= 8 ? 1 << bits : 0;
        var row = ((width * bits) + 31) / 32 * 4;
        var start = 54 + (4 * colors);
        return
        [
            .. "BM"u8, .. BitConverter.GetBytes(start + (row * height)), 0, 0, 0, 0, .. BitConverter.GetBytes(start),
            .. BitConverter.GetBytes(40), .. BitConverter.GetBytes(width), .. BitConverter.GetBytes(height), 1, 0,
            .. BitConverter.GetBytes(bits), .. new byte[24], .. TestPng.Noise(4 * colors), .. TestPng.Noise(row * height, 5),
        ];
    }
}
