namespace Ark;

/// <summary>An encoded image on disk.</summary>
/// <param name="path">The file.</param>
public sealed class ImageFile(string path) : ImageSource
{
    /// <inheritdoc/>
    public override string Name => path;

    /// <inheritdoc/>
    public override RasterImage Load(IImageDecoder decoder) => decoder.DecodeFile(path);
}
