using NetVips;

namespace Ark.Data;

/// <summary>
/// Masks as image files, one or more for each structure: a pixel belongs to it where it is brighter than half the brightest.
/// </summary>
/// <param name="files">The files of each structure; several are joined.</param>
/// <param name="mayHalve">Whether a mask may have half the image's width and height.</param>
internal sealed class MaskFiles(IReadOnlyList<IReadOnlyList<string>> files, bool mayHalve = false) : MaskSource
{
    public override string Name => files[0][0];

    internal override IEnumerable<(string Name, float[] Values)> Origin =>
        files.SelectMany((parts, k) => parts.Select(file => (file, new float[] { k })));

    public override StructureMap Load(IImageDecoder decoder, int width, int height)
    {
        StructureMap? map = null;
        for (var k = 0; k < files.Count; k++)
        {
            foreach (var file in files[k])
            {
                var mask = decoder.DecodeFile(file);
                RequireGray(mask, file);
                var factor = width / mask.Width;
                if ((factor * mask.Width, factor * mask.Height) != (width, height) || factor > (mayHalve ? 2 : 1))
                    throw WrongSize(file, mask, width, height);
                // Not before a mask has that size: a cache may say what it likes of the image.
                map ??= new StructureMap(width, height);
                Add(map, k, mask, factor);
            }
        }

        return map ?? new StructureMap(width, height);
    }

    /// <summary>
    /// Refuses a mask that is no grey picture of 8 bits: of more bits the lower ones, which hold the values of most masks, would be lost,
    /// and a DICOM file's are windowed.
    /// </summary>
    public static void RequireGray(RasterImage mask, string file)
    {
        Span<byte> head = stackalloc byte[DicomImage.HeadBytes];
        int read;
        RegularFile.Require(file);
        using (var stream = File.OpenRead(file)) read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        var format = EncodedFormats.Recognize(head[..read]);
        if (format == EncodedFormat.Dicom)
            throw new ArkInputException(
                file,
                null,
                "the mask is a DICOM file, whose values are windowed",
                "Save it as PNG with 8 bits a pixel, values as they are.");
        if (HasMoreBits(format, head, file))
            throw new ArkInputException(file, null, "the mask has 16 bits a pixel", "Save it with 8 bits a pixel, values as they are.");
        if (mask.Channels != 1)
            throw new ArkInputException(file, null, "the mask is a colour picture", "Save it with one grey value for each pixel.");
    }

    /// <summary>The error for a mask of another size than its image's.</summary>
    public static ArkInputException WrongSize(string file, RasterImage mask, int width, int height) =>
        new(
            file,
            null,
            $"the mask has {mask.Width}x{mask.Height} pixels, its image {width}x{height}",
            "Export the mask in the size of its image, or take its image out of the list.");

    // The mask was decoded, so its header is whole.
    private static bool HasMoreBits(EncodedFormat format, ReadOnlySpan<byte> head, string file)
    {
        const int pngBitDepth = 24;
        if (format == EncodedFormat.Png) return head[pngBitDepth] == 16;
        if (format != EncodedFormat.Tiff) return false;
        using var tiff = Image.Tiffload(file);
        return tiff.Format != Enums.BandFormat.Uchar;
    }

    private static void Add(StructureMap map, int structure, RasterImage mask, int factor)
    {
        var half = mask.Pixels.Max() / 2;
        for (var y = 0; y < map.Height; y++)
        {
            var row = mask.Pixels.AsSpan(y / factor * mask.Width, mask.Width);
            for (var x = 0; x < map.Width; x++)
            {
                if (row[x / factor] > half) map.Add(structure, (y * map.Width) + x);
            }
        }
    }
}
