namespace Ark.Data;

/// <summary>
/// Reads an image array <c>[N, H, W]</c> or <c>[N, H, W, C]</c> into one byte array per image: a set may be larger than one array can be.
/// </summary>
internal sealed class NpzImages
{
    private const int MaxSide = 16_384;
    private const int MaxImageBytes = 256 << 20;

    private NpzImages(int width, int height, int channels, byte[][] pixels)
    {
        Width = width;
        Height = height;
        Channels = channels;
        Pixels = pixels;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>1 or 3.</summary>
    public int Channels { get; }

    /// <summary>The images, each <c>[Height, Width, Channels]</c>.</summary>
    public byte[][] Pixels { get; }

    /// <summary>Reads an array.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="key">The array.</param>
    /// <param name="expected">How many images there must be.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The images.</returns>
    /// <exception cref="ArkInputException">The array is malformed or no 8-bit images.</exception>
    public static NpzImages Read(NpzArchive archive, string key, int expected, CancellationToken cancellationToken)
    {
        using var array = archive.OpenArray(key);
        var header = array.Header;
        var shape = header.Shape;
        if (shape.Count is not (3 or 4))
            throw array.Error($"the shape {header.ShapeText} is not that of images, expected (N, H, W) or (N, H, W, 3)");
        if (header.Kind is not ('u' or 'i')) throw array.Error("the dtype is not that of images, expected integers from 0 to 255");
        if (shape[0] != expected) throw array.Error($"the count does not fit: {shape[0]} images, {expected} rows of labels");
        var channels = shape.Count == 4 ? shape[3] : 1;
        if (shape[1] is < 1 or > MaxSide || shape[2] is < 1 or > MaxSide || channels is not (1 or 3))
            throw array.Error(
                $"the shape {header.ShapeText} is not that of images, expected sides from 1 to {MaxSide} and 1 or 3 channels");
        if (shape[1] * shape[2] * channels * header.ElementSize > MaxImageBytes)
            throw array.Error($"the shape {header.ShapeText} is too large: an image has more than {MaxImageBytes} bytes");
        var images = new NpzImages((int)shape[2], (int)shape[1], (int)channels, new byte[expected][]);
        if (header.FortranOrder) images.ReadFortran(array, cancellationToken);
        else images.ReadRows(array, cancellationToken);
        array.Finish();
        return images;
    }

    private void ReadRows(NpyArrayReader array, CancellationToken cancellationToken)
    {
        var length = Width * Height * Channels;
        var raw = new byte[length * array.Header.ElementSize];
        for (var n = 0; n < Pixels.Length; n++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            array.Read(raw);
            Pixels[n] = new byte[length];
            if (!NpyElements.TryToBytes(raw, array.Header, Pixels[n]))
                throw array.Error($"image {n} has a value out of the range 0 to 255");
        }
    }

    // Here the image index runs fastest: each step brings one value of every image.
    private void ReadFortran(NpyArrayReader array, CancellationToken cancellationToken)
    {
        for (var n = 0; n < Pixels.Length; n++) Pixels[n] = new byte[Width * Height * Channels];
        var raw = new byte[(long)Pixels.Length * array.Header.ElementSize];
        var values = new byte[Pixels.Length];
        for (var c = 0; c < Channels; c++)
        {
            for (var x = 0; x < Width; x++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (var y = 0; y < Height; y++)
                {
                    array.Read(raw);
                    if (!NpyElements.TryToBytes(raw, array.Header, values))
                        throw array.Error("an image has a value out of the range 0 to 255");
                    var at = (((y * Width) + x) * Channels) + c;
                    for (var n = 0; n < values.Length; n++) Pixels[n][at] = values[n];
                }
            }
        }
    }
}
