using Ark.Tests;

namespace Ark.Fuzz;

internal sealed class JpegTarget : PictureTarget
{
    public override string Name => "jpeg";

    public override string Description => "JPEG pictures";

    public override IReadOnlyList<byte[]> Seeds() =>
    [
        .. Samples.Files("Field", ".jpg"), .. Samples.Files("Hostile/image", 3000, ".jpg"),
        Encoded.Jpeg(Encoded.Picture(40, 24, 3)), Encoded.Jpeg(Encoded.Picture(17, 33, 1)), Encoded.Jpeg(Encoded.Picture(24, 40, 3), 6),
    ];

    public override byte[] Mutate(byte[] seed, IReadOnlyList<byte[]> others, RandomStream random) =>
        JpegSegments.Mutate(seed, others, random);
}
