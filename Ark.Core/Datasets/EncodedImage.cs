namespace Ark;

/// <summary>An encoded image in memory: the bytes of a PNG, JPEG or DICOM file.</summary>
/// <param name="encoded">The bytes; they must not change while the image is used.</param>
/// <param name="name">What to call the image in messages.</param>
public sealed class EncodedImage(ReadOnlyMemory<byte> encoded, string name) : ImageSource
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override RasterImage Load(IImageDecoder decoder) => decoder.Decode(encoded, name);
}
