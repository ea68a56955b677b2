namespace Ark;

/// <summary>
/// Turns an encoded image (PNG, JPEG, …) into pixels as the original's PIL reads them: stored orientation, alpha dropped. Thread-safe.
/// </summary>
public interface IImageDecoder
{
    /// <summary>Decodes an image that is in memory.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">What to call the image in messages.</param>
    /// <returns>The pixels, owned by the caller.</returns>
    /// <exception cref="ArkInputException">The bytes are no whole, supported image, or it is larger than allowed.</exception>
    RasterImage Decode(ReadOnlyMemory<byte> encoded, string name);

    /// <summary>Reads and decodes a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The pixels, owned by the caller.</returns>
    /// <exception cref="ArkInputException">The file cannot be read, is no whole, supported image, or is larger than allowed.</exception>
    RasterImage DecodeFile(string path);
}
