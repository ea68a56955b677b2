namespace Ark;

/// <summary>Where the pixels of a sample come from: a file, a slice of an array, a generator.</summary>
public abstract class ImageSource
{
    /// <summary>What to call the image in messages and result files: for a file, its path.</summary>
    public abstract string Name { get; }

    /// <summary>Produces the pixels; called from several threads at once.</summary>
    /// <param name="decoder">Decodes encoded images.</param>
    /// <returns>The pixels, owned by the caller.</returns>
    /// <exception cref="ArkInputException">The image cannot be read.</exception>
    public abstract RasterImage Load(IImageDecoder decoder);
}
