namespace Ark.Data;

/// <summary>An image that lies in an array, decoded.</summary>
/// <param name="name">What to call it: archive, key and index.</param>
/// <param name="width">Columns.</param>
/// <param name="height">Rows.</param>
/// <param name="channels">1 or 3.</param>
/// <param name="pixels">The pixels, shared and never changed.</param>
internal sealed class ArrayImage(string name, int width, int height, int channels, byte[] pixels) : ImageSource
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override RasterImage Load(IImageDecoder decoder) => new(width, height, channels, (byte[])pixels.Clone());
}
