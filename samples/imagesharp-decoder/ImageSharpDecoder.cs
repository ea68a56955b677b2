using Ark;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.PixelFormats;

namespace Samples;

/// <summary>
/// Decodes PNG and JPEG with SixLabors.ImageSharp, for hosts that want no native library for images. That library reads files that are cut
/// short in silence, so <see cref="ImageCompleteness"/> looks at each before. Thread-safe.
/// </summary>
/// <param name="maxPixels">The most pixels that an image may have.</param>
/// <param name="maxBytes">The most bytes that an encoded image may have.</param>
public sealed class ImageSharpDecoder(long maxPixels = 1L << 26, long maxBytes = 1L << 27) : IImageDecoder
{
    public RasterImage DecodeFile(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            return length <= maxBytes ? Decode(File.ReadAllBytes(path), path) : throw TooManyBytes(path, length);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArkInputException(path, null, "the image does not exist", innerException: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ArkInputException(path, null, $"the image cannot be read: {e.Message.TrimEnd('.')}", innerException: e);
        }
    }

    public RasterImage Decode(ReadOnlyMemory<byte> encoded, string name)
    {
        if (encoded.Length > maxBytes) throw TooManyBytes(name, encoded.Length);
        var bytes = encoded.Span;
        var isPng = ImageCompleteness.IsPng(bytes);
        if (!isPng && !ImageCompleteness.IsJpeg(bytes))
            throw new ArkInputException(
                name, null, bytes.Length == 0 ? "is empty, not an image" : "is not an image of a supported format (PNG, JPEG)");
        var header = isPng ? ImageCompleteness.PngHeader(bytes, name) : ImageCompleteness.JpegHeader(bytes, name);
        if ((long)header.Width * header.Height > maxPixels)
            throw new ArkInputException(
                name,
                null,
                $"the image is too large: {header.Width}x{header.Height} is above the limit of {maxPixels} pixels",
                "Raise maxPixels if the file is trusted.");
        // Before the library is asked: it would fill up with grey what is missing.
        if (isPng) ImageCompleteness.CheckPng(bytes, header, name);
        else ImageCompleteness.CheckJpeg(bytes, name);
        try
        {
            return isPng ? ReadPng(bytes, header) : ReadJpeg(bytes, header);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Beside its own exceptions the library throws those of what it runs into.
            throw new ArkInputException(
                name, null, $"is no whole {(isPng ? "PNG" : "JPEG")} image: {e.Message.Split('\n')[0].TrimEnd('.')}",
                "Replace or re-save the file.", e);
        }
    }

    // 16-bit samples become 8 by their high byte, as Pillow has it; the library itself would round. Alpha is dropped, not blended.
    private static RasterImage ReadPng(ReadOnlySpan<byte> bytes, ImageHeader header)
    {
        var decoder = new PngDecoder { IgnoreMetadata = true };
        if (header is { IsGray: true, Bits: 16 })
        {
            using var wide = Image.Load<La32>(bytes, decoder);
            return Gray(wide, p => (byte)(p.L >> 8));
        }

        if (header.IsGray)
        {
            using var gray = Image.Load<La16>(bytes, decoder);
            return Gray(gray, p => p.L);
        }

        if (header.Bits == 16)
        {
            using var wide = Image.Load<Rgba64>(bytes, decoder);
            return Color(wide, p => ((byte)(p.R >> 8), (byte)(p.G >> 8), (byte)(p.B >> 8)));
        }

        using var color = Image.Load<Rgba32>(bytes, decoder);
        return Color(color, p => (p.R, p.G, p.B));
    }

    private static RasterImage ReadJpeg(ReadOnlySpan<byte> bytes, ImageHeader header)
    {
        var decoder = new JpegDecoder { IgnoreMetadata = true };
        if (header.IsGray)
        {
            using var gray = Image.Load<L8>(bytes, decoder);
            return Gray(gray, p => p.PackedValue);
        }

        using var color = Image.Load<Rgb24>(bytes, decoder);
        return Color(color, p => (p.R, p.G, p.B));
    }

    private static RasterImage Gray<TPixel>(Image<TPixel> image, Func<TPixel, byte> light)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var pixels = new byte[image.Width * image.Height];
        image.ProcessPixelRows(rows =>
        {
            for (var y = 0; y < rows.Height; y++)
            {
                var row = rows.GetRowSpan(y);
                for (var x = 0; x < row.Length; x++) pixels[(y * row.Length) + x] = light(row[x]);
            }
        });
        return new RasterImage(image.Width, image.Height, 1, pixels);
    }

    // Radiographs are often stored as colour of equal channels: one of them is enough, and a third of the work.
    private static RasterImage Color<TPixel>(Image<TPixel> image, Func<TPixel, (byte R, byte G, byte B)> color)
        where TPixel : unmanaged, IPixel<TPixel>
    {
        var pixels = new byte[image.Width * image.Height * 3];
        var isGray = true;
        image.ProcessPixelRows(rows =>
        {
            for (var y = 0; y < rows.Height; y++)
            {
                var row = rows.GetRowSpan(y);
                for (var x = 0; x < row.Length; x++)
                {
                    var (r, g, b) = color(row[x]);
                    var at = ((y * row.Length) + x) * 3;
                    (pixels[at], pixels[at + 1], pixels[at + 2]) = (r, g, b);
                    isGray &= r == g && g == b;
                }
            }
        });
        return isGray
            ? new RasterImage(image.Width, image.Height, 1, [.. pixels.Where((_, i) => i % 3 == 0)])
            : new RasterImage(image.Width, image.Height, 3, pixels);
    }

    private ArkInputException TooManyBytes(string name, long length) =>
        new(
            name, null, $"the encoded image has {length} bytes, above the limit of {maxBytes}", "Raise maxBytes if the file is trusted.");
}
