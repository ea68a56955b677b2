using System.Buffers.Binary;

namespace Ark.Data;

/// <summary>
/// Decodes uncompressed BMP files, which libvips may be built without: 1, 4 and 8 bits with a palette, 24 and 32 bits of colour.
/// </summary>
internal static class BmpImage
{
    private const int FileHeader = 14;
    private const int InfoHeader = 40;

    /// <summary>Decodes a file.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="mostPixels">The limit.</param>
    /// <param name="longestSide">The longest side that it may have.</param>
    /// <param name="announce">Is told the bytes that it will take.</param>
    /// <returns>The picture: one channel where all three are equal everywhere.</returns>
    /// <exception cref="ArkInputException">The file is damaged, over the limit, or compressed.</exception>
    public static RasterImage Decode(ReadOnlySpan<byte> file, string name, long mostPixels, int longestSide, Action<long>? announce)
    {
        if (file.Length < FileHeader + InfoHeader) throw Truncated(name);
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(file[10..]);
        var header = BinaryPrimitives.ReadUInt32LittleEndian(file[FileHeader..]);
        var width = BinaryPrimitives.ReadInt32LittleEndian(file[18..]);
        var height = (long)BinaryPrimitives.ReadInt32LittleEndian(file[22..]);
        var bits = BinaryPrimitives.ReadUInt16LittleEndian(file[28..]);
        var compression = BinaryPrimitives.ReadUInt32LittleEndian(file[30..]);
        if (header < InfoHeader)
            throw new ArkInputException(
                name, null, $"is a BMP image with a header of {header} bytes, an unsupported format", "Convert it to PNG.");
        // Masks may stand in place of a compression; those of the usual order say nothing new.
        var masked = compression == 3 && bits == 32 && file.Length >= 66
            && file.Slice(54, 12).SequenceEqual<byte>([0, 0, 0xFF, 0, 0, 0xFF, 0, 0, 0xFF, 0, 0, 0]);
        if ((compression != 0 && !masked) || bits is not (1 or 4 or 8 or 24 or 32))
            throw new ArkInputException(
                name, null, $"is a compressed BMP image or one of {bits} bits per pixel, an unsupported format", "Convert it to PNG.");
        var rows = Math.Abs(height);
        if (width < 1 || rows < 1) throw new ArkInputException(name, null, $"the image size {width}x{rows} is invalid");
        if (width * rows > mostPixels)
            throw new ArkInputException(
                name,
                null,
                $"the image is too large: {width}x{rows} is above the limit of {mostPixels} pixels",
                "Raise MaxPixels if the file is trusted.");
        if (Math.Max(width, rows) > longestSide)
            throw new ArkInputException(
                name, null, $"the image is too large: {width}x{rows} has a side above the limit of {longestSide} pixels");
        var stride = (((long)width * bits) + 31) / 32 * 4;
        if (offset < FileHeader + (long)header || offset + (stride * rows) > file.Length) throw Truncated(name);
        var palette = bits <= 8 ? file[(FileHeader + (int)header)..(int)offset] : default;
        announce?.Invoke(width * rows * 3);
        var rgb = new byte[checked((int)(width * rows * 3))];
        for (var y = 0; y < rows; y++)
        {
            // Rows go upwards, unless the height is negative.
            var row = file.Slice((int)(offset + (stride * (height > 0 ? rows - 1 - y : y))), (int)stride);
            for (var x = 0; x < width; x++)
            {
                var color = bits <= 8
                    ? Entry(palette, (row[x * bits / 8] >> (8 - bits - (x * bits % 8))) & ((1 << bits) - 1), name)
                    : row.Slice(x * bits / 8, 3);
                var to = ((y * width) + x) * 3;
                (rgb[to], rgb[to + 1], rgb[to + 2]) = (color[2], color[1], color[0]);
            }
        }

        return PixelConversion.GrayOf(rgb) is { } grey
            ? new RasterImage(width, (int)rows, 1, grey)
            : new RasterImage(width, (int)rows, 3, rgb);
    }

    private static ReadOnlySpan<byte> Entry(ReadOnlySpan<byte> palette, int index, string name) => (index + 1) * 4 <= palette.Length
        ? palette.Slice(index * 4, 3)
        : throw new ArkInputException(name, null, $"the BMP image has no colour {index} in its palette, so it is invalid");

    private static ArkInputException Truncated(string name) =>
        new(name, null, "is no whole BMP image: its header is damaged or its data is truncated", "Replace or re-save the file.");
}
