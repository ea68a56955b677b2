namespace Ark.Fuzz;

/// <summary>A decoder for pictures that are no files.</summary>
internal sealed class Unused : IImageDecoder
{
    public static Unused Decoder { get; } = new();

    public RasterImage DecodeFile(string path) => throw new NotSupportedException();

    public RasterImage Decode(ReadOnlyMemory<byte> encoded, string name) => throw new NotSupportedException();
}
