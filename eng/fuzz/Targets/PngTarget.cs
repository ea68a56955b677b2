using Ark.Tests;

namespace Ark.Fuzz;

internal sealed class PngTarget : PictureTarget
{
    public override string Name => "png";

    public override string Description => "PNG pictures";

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        .. Samples.Files("Field/08_png_odd", ".png"), .. Samples.Files("Hostile/image", 3000, ".png"),
        Encoded.Png(Encoded.Picture(20, 10, 3)), Encoded.Png(Encoded.Picture(9, 31, 1)),
        TestPng.Write(7, 3, TestPng.Palette, 4, [[1, 2, 3, 0], [1, 2, 3, 0], [1, 2, 3, 0]], ("PLTE", new byte[48])),
        TestPng.Write(3, 2, TestPng.Rgba, 16, [new byte[24], new byte[24]]),
        TestPng.Write(5, 2, TestPng.GreyAlpha, 8, [new byte[10], new byte[10]]),
        TestPng.Write(5, 2, TestPng.Grey, 16, [new byte[10], new byte[10]], ("tRNS", [0, 0])),
    ];

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) => PngChunks.Mutate(seed, others, random);
}
