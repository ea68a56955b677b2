namespace Ark;

/// <summary>One image of a segmentation dataset with its masks.</summary>
/// <param name="Image">Where the pixels come from.</param>
/// <param name="Masks">Where the masks come from.</param>
public sealed record SegmentationSample(ImageSource Image, MaskSource Masks)
{
    /// <summary>The patient, where the dataset tells: bootstrap intervals go by patient.</summary>
    public string? PatientId { get; init; }

    /// <summary>The size of a pixel, where it is known.</summary>
    public PixelSpacing? Spacing { get; init; }

    /// <summary>Reads the masks of an image of known size.</summary>
    /// <exception cref="ArkInputException">They cannot be read, or are not of the image's size, which a source of the user's own might get
    /// wrong.</exception>
    internal StructureMap LoadMasks(IImageDecoder decoder, int width, int height)
    {
        var map = Masks.Load(decoder, width, height);
        return (map.Width, map.Height) == (width, height)
            ? map
            : throw new ArkInputException(Masks.Name, null,
                $"the masks have {map.Width}x{map.Height} pixels, their image '{Image.Name}' {width}x{height}",
                "A mask source gives a map of the size that it is asked for.");
    }
}
