using System.Buffers.Binary;

namespace Ark.Data;

/// <summary>
/// A film of JSRT as it is distributed: 2048 x 2048 samples of 12 bits in 16, big-endian, without a header, dense parts of the body low. It
/// becomes an 8-bit picture with dense parts bright.
/// </summary>
/// <param name="path">The <c>.IMG</c> file.</param>
internal sealed class RawRadiograph(string path) : ImageSource
{
    /// <summary>Columns and rows.</summary>
    public const int Side = 2048;

    private const int Most = 4095;

    /// <summary>How such files end.</summary>
    public const string Extension = ".IMG";

    public override string Name => path;

    public override RasterImage Load(IImageDecoder decoder)
    {
        const int bytes = 2 * Side * Side;
        using var stream = InputFile.OpenRead(path, "image");
        if (stream.Length != bytes)
            throw new ArkInputException(
                path,
                null,
                $"has {stream.Length} bytes, but a raw film of JSRT has {Side} x {Side} samples of 2 bytes: {bytes}",
                "Fetch the file again, or name converted images (.png) in the list.");
        var raw = new byte[bytes];
        stream.ReadExactly(raw);
        var pixels = new byte[Side * Side];
        for (var i = 0; i < pixels.Length; i++)
        {
            var sample = BinaryPrimitives.ReadUInt16BigEndian(raw.AsSpan(2 * i));
            if (sample > Most)
                throw new ArkInputException(
                    path,
                    $"sample {i}",
                    $"is {sample}, above the {Most} of 12 bits",
                    "The samples must be big-endian, as JSRT distributes them; do not swap their bytes.");
            pixels[i] = (byte)(255 - (sample >> 4));
        }

        return new RasterImage(Side, Side, 1, pixels);
    }
}
