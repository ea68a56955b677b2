using System.Buffers.Binary;
using System.IO.Compression;

namespace Ark.Data;

/// <summary>
/// Decodes single-frame DICOM images to 8 bits: implicit and explicit little endian, deflated, RLE, and JPEG baseline. Only attributes that
/// decide what the picture looks like are read; errors name tags and such values, never anything about the patient.
/// </summary>
internal static class DicomImage
{
    /// <summary>Bytes that tell whether a file is one.</summary>
    public const int HeadBytes = PreambleLength + 4;

    private const int PreambleLength = 128;

    /// <summary>Decodes a file.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="options">The limits.</param>
    /// <param name="announce">Is told the bytes that the picture will take; of a JPEG it is <paramref name="decodeJpeg"/> that
    /// tells.</param>
    /// <param name="decodeJpeg">Decodes an encapsulated JPEG.</param>
    /// <returns>The picture: one channel for grey, else three.</returns>
    /// <exception cref="ArkInputException">The file is damaged, over a limit, or of a kind that is not read.</exception>
    public static RasterImage Decode(
        ReadOnlyMemory<byte> file, string name, ImageDecoderOptions options, Action<long>? announce, Func<byte[], RasterImage> decodeJpeg)
    {
        var (data, encoding) = ReadData(file, name, options.MaxBytes);
        var pixels = new DicomPixels(data, encoding, options.MaxPixels);
        if (encoding == DicomEncoding.Jpeg) return FromJpeg(data, pixels, decodeJpeg);
        announce?.Invoke((long)pixels.Count * pixels.Samples * (pixels.BytesPerSample + 1));
        var samples = encoding == DicomEncoding.RunLength
            ? DicomRunLength.Unpack(data, pixels, DicomFragments.Join(data, Fragments(data)))
            : Native(data, pixels);
        return pixels.IsGray
            ? new RasterImage(pixels.Width, pixels.Height, 1, Grey(samples.Span, pixels, DicomGrayTable.Build(data, pixels)))
            : Color(samples.Span, pixels, pixels.IsPlanar || encoding == DicomEncoding.RunLength);
    }

    /// <summary>
    /// Whether bytes are a DICOM file: with its preamble, or beginning with the meta information or with the elements of a picture.
    /// </summary>
    public static bool IsDicom(ReadOnlySpan<byte> bytes) =>
        HasPreamble(bytes) || bytes.StartsWith("\u0002\0\0\0UL\u0004\0"u8) || DicomReader.LooksLikeData(bytes, out _);

    /// <summary>The class of the object, as the meta information says it.</summary>
    /// <param name="head">The start of the file.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <returns><see langword="null"/> where it is not said, or the meta information cannot be read.</returns>
    public static string? ClassOf(ReadOnlyMemory<byte> head, string name)
    {
        try
        {
            _ = Meta(head, name, out var kind, out _);
            return kind;
        }
        catch (ArkInputException)
        {
            return null;
        }
    }

    /// <summary>Whether a file holds a picture, sound or not.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="name">What to call it in messages.</param>
    public static bool HoldsPicture(ReadOnlyMemory<byte> file, string name)
    {
        try
        {
            var (data, _) = ReadData(file, name, file.Length * 16L);
            return data.Has(DicomTag.Rows) || data.Has(DicomTag.PixelData) || data.Fragments is not null;
        }
        catch (ArkInputException)
        {
            // Whoever reads it will be told.
            return true;
        }
    }

    private static string? Meta(ReadOnlyMemory<byte> file, string name, out string? kind, out int end)
    {
        var start = HasPreamble(file.Span) ? PreambleLength + 4 : 0;
        var reader = new DicomReader(file[start..], implicitly: false, name);
        var syntax = reader.ReadMeta(out kind);
        end = start + reader.Position;
        return syntax;
    }

    private static (DicomDataSet Data, DicomEncoding Encoding) ReadData(ReadOnlyMemory<byte> file, string name, long mostBytes)
    {
        var syntax = Meta(file, name, out _, out var end);
        var body = file[end..];
        // Where nothing says how the elements are written, they show it.
        var encoding = syntax is null ? DicomEncoding.Native : DicomSyntax.Of(syntax, name);
        var implicitly = syntax == DicomSyntax.ImplicitLittleEndian;
        if (syntax is null && !DicomReader.LooksLikeData(body.Span, out implicitly))
            throw new ArkInputException(
                name, $"tag {DicomTag.Text(DicomTag.TransferSyntax)}", "the transfer syntax is missing, so the DICOM file cannot be read");
        if (syntax == DicomSyntax.Deflated) body = Inflate(body, name, mostBytes);
        var data = new DicomReader(body, implicitly, name).ReadAll();
        return (data, syntax is null && data.Fragments is not null ? DicomEncoding.Jpeg : encoding);
    }

    private static bool HasPreamble(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= PreambleLength + 4 && bytes[PreambleLength..].StartsWith("DICM"u8);

    private static ReadOnlyMemory<byte> Fragments(DicomDataSet data) =>
        data.Fragments ?? throw data.Error(
            DicomTag.PixelData, "the pixel data of the DICOM file is missing, or not encapsulated as its transfer syntax demands");

    private static ReadOnlyMemory<byte> Native(DicomDataSet data, DicomPixels pixels)
    {
        if (data.Fragments is not null)
            throw data.Error(DicomTag.PixelData, "the pixel data has an undefined length, which its DICOM transfer syntax does not allow");
        var needed = (long)pixels.Count * pixels.Samples * pixels.BytesPerSample;
        var bytes = data.Bytes(DicomTag.PixelData);
        return bytes.Length >= needed
            ? bytes
            : throw data.Error(DicomTag.PixelData, data.Has(DicomTag.PixelData)
                ? $"the pixel data has {bytes.Length} bytes, too short for {needed}: the DICOM file is truncated"
                : "the pixel data is missing from the DICOM file");
    }

    private static byte[] Grey(ReadOnlySpan<byte> samples, DicomPixels pixels, ReadOnlySpan<byte> table)
    {
        var result = new byte[pixels.Count];
        var mask = table.Length - 1;
        if (pixels.BytesPerSample == 1)
        {
            for (var i = 0; i < result.Length; i++) result[i] = table[(samples[i] >> pixels.Shift) & mask];
        }
        else
        {
            for (var i = 0; i < result.Length; i++)
                result[i] = table[(BinaryPrimitives.ReadUInt16LittleEndian(samples[(2 * i)..]) >> pixels.Shift) & mask];
        }

        return result;
    }

    private static RasterImage Color(ReadOnlySpan<byte> samples, DicomPixels pixels, bool planar)
    {
        var (pixelStep, channelStep) = planar ? (1, pixels.Count) : (3, 1);
        var rgb = new byte[pixels.Count * 3];
        for (var i = 0; i < pixels.Count; i++)
        {
            for (var c = 0; c < 3; c++) rgb[(3 * i) + c] = samples[(i * pixelStep) + (c * channelStep)];
        }

        if (pixels.Photometric == "YBR_FULL") PixelConversion.YbrToRgb(rgb);
        return Narrowed(pixels, rgb);
    }

    private static RasterImage FromJpeg(DicomDataSet data, DicomPixels pixels, Func<byte[], RasterImage> decode)
    {
        RasterImage image;
        try
        {
            image = decode(DicomFragments.Join(data, Fragments(data)));
        }
        catch (ArkInputException e) when (e.Place is null)
        {
            // The decoder knows nothing of the file around its bytes.
            throw data.Error(DicomTag.PixelData, $"the JPEG in the DICOM file: {e.Problem}", e.Hint);
        }

        if (image.Width != pixels.Width || image.Height != pixels.Height)
            throw data.Error(DicomTag.Rows, $"the DICOM file says {pixels.Width}x{pixels.Height}, and its JPEG is "
                + $"{image.Width}x{image.Height}, so its size is invalid");
        if (!pixels.IsGray) return image;
        if (image.Channels != 1)
            throw data.Error(
                DicomTag.SamplesPerPixel, "the DICOM file says one sample per pixel, and its JPEG has colour, so one of them is invalid");
        return new RasterImage(image.Width, image.Height, 1, Grey(image.Pixels, pixels, DicomGrayTable.Build(data, pixels)));
    }

    private static RasterImage Narrowed(DicomPixels pixels, byte[] rgb) => PixelConversion.GrayOf(rgb) is { } grey
        ? new RasterImage(pixels.Width, pixels.Height, 1, grey)
        : new RasterImage(pixels.Width, pixels.Height, 3, rgb);

    // Counted first: a few kilobytes can inflate to any size, and only what is within the limit gets memory.
    private static byte[] Inflate(ReadOnlyMemory<byte> deflated, string name, long most)
    {
        var packed = deflated.ToArray();
        try
        {
            using var counted = new DeflateStream(new MemoryStream(packed, writable: false), CompressionMode.Decompress);
            var block = new byte[1 << 16];
            long total = 0;
            int read;
            while ((read = counted.Read(block)) > 0)
            {
                total += read;
                if (total > most)
                    throw new ArkInputException(
                        name,
                        null,
                        $"the deflated DICOM file is too large: above the limit of {most} bytes when inflated",
                        "Raise MaxBytes if the file is trusted.");
            }

            using var again = new DeflateStream(new MemoryStream(packed, writable: false), CompressionMode.Decompress);
            var result = new byte[total];
            again.ReadExactly(result);
            return result;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new ArkInputException(name, null, "the deflated DICOM file is damaged or truncated", null, e);
        }
    }
}
