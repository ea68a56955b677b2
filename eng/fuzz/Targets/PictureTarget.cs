using Ark.Data;

namespace Ark.Fuzz;

/// <summary>A door of encoded pictures, through the decoder.</summary>
internal abstract class PictureTarget : FuzzTarget
{
    private const int Pixels = 4 << 20;

    // Small limits make what a file may take small, so that one that takes more is seen.
    private static readonly Lazy<(NetVipsImageDecoder Plain, NetVipsImageDecoder Turned)> Decoders = new(() => (
        new NetVipsImageDecoder(new ImageDecoderOptions { MaxPixels = Pixels, MaxBytes = 8 << 20 }),
        new NetVipsImageDecoder(new ImageDecoderOptions
        {
            MaxPixels = Pixels,
            MaxBytes = 8 << 20,
            FollowOrientation = true,
            ClipSixteenBitGray = true,
        })));

    public override int SmokeExecutions => 500;

    // Three channels of the largest picture, read twice, in one array and in strips.
    public override long MaxAllocated(int length) => (8L * 3 * Pixels) + (64L * length);

    public override long MaxResident(int length) => (384L << 20) + (64L * length);

    public override void Run(byte[] input, Execution execution)
    {
        execution.Try("plain", () => Describe(Decoders.Value.Plain.Decode(input, "input")));
        execution.Try("turned", () => Describe(Decoders.Value.Turned.Decode(input, "input")));
    }

    private static string Describe(RasterImage image) =>
        $"{image.Channels} {Math.Min(image.Width, 2)} {Math.Min(image.Height, 2)} "
        + $"{image.Pixels.AsSpan().ContainsAnyExcept(image.Pixels[0])}";
}
