using System.Globalization;
using System.Runtime.InteropServices;
using NetVips;

namespace Ark.Data;

/// <summary>
/// Decodes PNG, JPEG, TIFF, WebP and GIF (its first picture) with libvips, and uncompressed BMP, to the pixels that the original's
/// <c>Image.open(path).convert("RGB")</c> gives: as stored (orientation tags are followed by option only, colour profiles not applied),
/// alpha dropped without blending, palettes and low bit depths expanded, CMYK converted as Pillow does. DICOM images become what their
/// window shows. Thread-safe.
/// </summary>
/// <remarks>
/// <para>DICOM: single frames in implicit or explicit little endian, deflated, RLE or JPEG baseline, 8 or 16 bits allocated, signed or not.
/// Modality table or rescale, then the first VOI table or window (without one, the stored range is spread over 0 to 255), then MONOCHROME1
/// inverted. Other transfer syntaxes are refused by name. No attribute of the patient is read.</para>
/// <para>Grey images, and colour images whose three channels are equal everywhere, come as one channel. 16-bit samples are scaled to 8 bits
/// by keeping the high byte (<c>v &gt;&gt; 8</c>), which is what Pillow does with 16-bit colour and what OpenCV and libvips do.</para>
/// <para>Of a PNG only the chunks that change pixels are handed to libvips. JPEG with arithmetic coding, GIF whose picture does not fill
/// its screen, and interlaced PNG above 256 MB of pixels are refused.</para>
/// <para>The format is told by the first bytes, and only that format's loader runs. A file that is damaged or cut short is refused, never
/// half-read.</para>
/// <para>The first decoder of a process sets libvips up for the whole process: one thread an image, no operation cache, and loaders
/// that libvips marks as untrusted blocked. The native library is the application's to add (package <c>NetVips.Native</c>).</para>
/// </remarks>
public sealed class NetVipsImageDecoder : IImageDecoder
{
    /// <summary>What a JPEG can have at most; a thinner and longer picture would grow without bound when it is resized.</summary>
    private const int MaxSide = 65_535;

    private const int MaxGifPixels = 1 << 24;
    private const int LargePicture = 1 << 20;
    private const int StripBytes = 1 << 16;

    /// <summary>To be raised whenever the pixels of any image change: what a cache has kept is then prepared anew.</summary>
    private const int Revision = 3;

    private readonly ImageDecoderOptions _options;
    private readonly Action<long>? _announce;

    /// <summary>Creates a decoder.</summary>
    /// <param name="options">The limits; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is below 1, or above what an array can hold.</exception>
    /// <exception cref="InvalidOperationException">The native library is missing.</exception>
    public NetVipsImageDecoder(ImageDecoderOptions? options = null)
    {
        _options = options ?? new ImageDecoderOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaxPixels, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.MaxPixels, Array.MaxLength / 4, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaxBytes, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.MaxBytes, Array.MaxLength, nameof(options));
        VipsRuntime.Ensure();
    }

    private NetVipsImageDecoder(ImageDecoderOptions options, Action<long> announce) => (_options, _announce) = (options, announce);

    /// <summary>Names what decides the pixels: decoders of the same name decode alike.</summary>
    internal string Manner =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"revision={Revision} libvips={NetVips.NetVips.Version(0)}.{NetVips.NetVips.Version(1)} "
            + $"stored={!_options.FollowOrientation} clip={_options.ClipSixteenBitGray}");

    /// <summary>
    /// The same decoder, telling how many bytes a picture will take when it has read the header and before it takes them.
    /// </summary>
    /// <param name="announce">Is told; may wait, and may throw to give up.</param>
    internal NetVipsImageDecoder Announcing(Action<long> announce) => new(_options, announce);

    /// <inheritdoc/>
    public RasterImage DecodeFile(string path)
    {
        byte[] bytes;
        RegularFile.Require(path);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            CheckSize(file.Length, path);
            bytes = new byte[file.Length];
            file.ReadExactly(bytes);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArkInputException(path, null, "the image does not exist", innerException: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ArkInputException(path, null, $"the image cannot be read: {e.Message.TrimEnd('.')}", innerException: e);
        }

        return DecodeBytes(bytes, path);
    }

    /// <inheritdoc/>
    public RasterImage Decode(ReadOnlyMemory<byte> encoded, string name)
    {
        CheckSize(encoded.Length, name);
        var whole = MemoryMarshal.TryGetArray(encoded, out var part) && part.Offset == 0 && part.Count == part.Array!.Length;
        return DecodeBytes(whole ? part.Array! : encoded.ToArray(), name);
    }

    private RasterImage DecodeBytes(byte[] bytes, string name)
    {
        var format = EncodedFormats.Recognize(bytes);
        return format switch
        {
            EncodedFormat.Dicom =>
                DicomImage.Decode(bytes, name, _options, _announce, jpeg => DecodeWithVips(EncodedFormat.Jpeg, jpeg, name)),
            EncodedFormat.Bmp => BmpImage.Decode(bytes, name, _options.MaxPixels, MaxSide, _announce),
            _ => DecodeWithVips(format, bytes, name),
        };
    }

    private RasterImage DecodeWithVips(EncodedFormat format, byte[] bytes, string name)
    {
        try
        {
            if (format == EncodedFormat.Png)
            {
                EncodedChecks.CheckInterlaced(bytes, name);
                bytes = EncodedChecks.Essential(bytes, _options.FollowOrientation);
            }
            else if (format == EncodedFormat.Jpeg)
            {
                EncodedChecks.CheckCoding(bytes, name);
            }

            using var image = Open(format, bytes, name);
            CheckHeader(image, name);
            if (format == EncodedFormat.Gif)
            {
                EncodedChecks.CheckScreen(bytes, image, name);
                CheckGif(image, name);
            }

            // The pixels, and as much again for what the decoder and the next step hold.
            _announce?.Invoke(2L * image.Width * image.Height * Math.Min(image.Bands, 4) * (image.Format == Enums.BandFormat.Ushort
                ? 2
                : 1));
            var decoded = Read(image);
            return _options.FollowOrientation
                && image.Contains("orientation") ? Orientation.Apply(decoded, (int)image.Get("orientation")) : decoded;
        }
        catch (VipsException e)
        {
            throw new ArkInputException(
                name,
                null,
                $"is no whole {format.ToString().ToUpperInvariant()} image: {Detail(e.Message)}",
                "Replace or re-save the file.",
                e);
        }
    }

    private static Image Open(EncodedFormat format, byte[] bytes, string name) => format switch
    {
        EncodedFormat.Png => Image.PngloadBuffer(bytes, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error),
        EncodedFormat.Jpeg => Image.JpegloadBuffer(
            JpegQuirks.Mend(bytes), access: Enums.Access.Sequential, failOn: Enums.FailOn.Warning),
        EncodedFormat.Tiff => Image.TiffloadBuffer(bytes, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error),
        EncodedFormat.WebP => Image.WebploadBuffer(bytes, access: Enums.Access.Sequential, failOn: Enums.FailOn.Error),
        // The first picture, where it moves.
        EncodedFormat.Gif => Image.GifloadBuffer(bytes, n: 1, failOn: Enums.FailOn.Error),
        _ => throw new ArkInputException(
            name, null,
            bytes.Length == 0
                ? "is empty, not an image"
                : "is not an image of a supported format (PNG, JPEG, TIFF, WebP, BMP, GIF, DICOM)"),
    };

    private void CheckSize(long length, string name)
    {
        if (length > _options.MaxBytes)
            throw new ArkInputException(
                name,
                null,
                $"the encoded image has {length} bytes, above the limit of {_options.MaxBytes}",
                "Raise MaxBytes if the file is trusted.");
    }

    private void CheckHeader(Image image, string name)
    {
        if ((long)image.Width * image.Height > _options.MaxPixels)
        {
            throw new ArkInputException(
                name, null, $"the image is too large: {image.Width}x{image.Height} is above the limit of {_options.MaxPixels} pixels",
                "Raise MaxPixels if the file is trusted.");
        }

        if (Math.Max(image.Width, image.Height) > MaxSide)
            throw new ArkInputException(
                name, null, $"the image is too large: {image.Width}x{image.Height} has a side above the limit of {MaxSide} pixels");

        if (image.Format is not (Enums.BandFormat.Uchar or Enums.BandFormat.Ushort) || image.Bands > 5 || !IsLight(image.Interpretation))
        {
            throw new ArkInputException(
                name, null, $"the image has unsupported pixels ({image.Bands} channels of {image.Format}, {image.Interpretation})",
                "Convert it to 8-bit or 16-bit grey or RGB.");
        }
    }

    // A few bytes can claim any size, and libvips holds a GIF several times over. It blackens what is transparent, where Pillow gives its
    // palette's colour.
    private static void CheckGif(Image image, string name)
    {
        if ((long)image.Width * image.Height > MaxGifPixels)
            throw new ArkInputException(
                name,
                null,
                $"the image is too large for a GIF: {image.Width}x{image.Height} is above the limit of {MaxGifPixels} pixels",
                "Convert it to PNG.");
        if (!image.HasAlpha()) return;
        using var alpha = image.ExtractBand(image.Bands - 1);
        if (alpha.Min() < byte.MaxValue)
            throw new ArkInputException(
                name,
                null,
                "is a GIF image with transparent pixels, which is unsupported: their colour would be lost",
                "Convert it to PNG without transparency.");
    }

    private static bool IsLight(Enums.Interpretation interpretation) => interpretation is
        Enums.Interpretation.Bw or Enums.Interpretation.Grey16 or Enums.Interpretation.Srgb or Enums.Interpretation.Rgb
        or Enums.Interpretation.Rgb16 or Enums.Interpretation.Cmyk or Enums.Interpretation.Multiband;

    private RasterImage Read(Image image)
    {
        var (width, height) = (image.Width, image.Height);
        var wanted = image.Interpretation == Enums.Interpretation.Cmyk ? 4 : image.Bands < 3 ? 1 : 3;
        var clip = _options.ClipSixteenBitGray && wanted == 1;
        var pixels = ReadSamples(image, wanted, clip);
        if (wanted == 4) pixels = PixelConversion.CmykToRgb(pixels);
        if (wanted > 1)
        {
            if (PixelConversion.GrayOf(pixels) is not { } grey) return new RasterImage(width, height, 3, pixels);
            pixels = grey;
        }

        return new RasterImage(width, height, 1, pixels);
    }

    // Channels are dropped and samples narrowed while lines stream by, so that the whole is never held at its full depth.
    private static byte[] ReadSamples(Image image, int wanted, bool clip)
    {
        if (image.Bands == wanted && image.Format == Enums.BandFormat.Uchar) return ReadPixels(image);
        using var bands = image.ExtractBand(0, n: wanted);
        using var narrow = bands.Cast(Enums.BandFormat.Uchar, shift: !clip && image.Format == Enums.BandFormat.Ushort);
        return ReadPixels(narrow);
    }

    // A large picture comes in strips, or it would be there twice: as libvips' and as ours.
    private static byte[] ReadPixels(Image image)
    {
        var row = image.Width * image.Bands;
        if ((long)row * image.Height < LargePicture) return image.WriteToMemory<byte>();
        var pixels = new byte[checked(row * image.Height)];
        using var region = Region.New(image);
        var rows = Math.Max(1, StripBytes / row);
        for (var y = 0; y < image.Height; y += rows)
            region.Fetch(0, y, image.Width, Math.Min(rows, image.Height - y)).CopyTo(pixels, y * row);
        return pixels;
    }

    // NetVips names its own call in the first line; what libvips has to say, after the name of its loader, comes in the next ones, if at
    // all.
    private static string Detail(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Skip(1)
            .Select(line => line[
                (line.IndexOf(": ", StringComparison.Ordinal) + 1)..].Trim()).Distinct(StringComparer.Ordinal).Take(3).ToArray();
        return lines.Length == 0
            ? "its header is damaged or incomplete"
            : $"its data is damaged or incomplete ({string.Join("; ", lines)})";
    }
}
