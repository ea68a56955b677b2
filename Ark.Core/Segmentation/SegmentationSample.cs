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
}
