namespace Ark.Data;

/// <summary>The limits of an image decoder.</summary>
public sealed class ImageDecoderOptions
{
    /// <summary>
    /// The most pixels that an image may have; more are refused by its header, before anything is decoded. At most 536,870,897.
    /// </summary>
    /// <value>67,108,864 by default (8192x8192); the largest radiography detectors have about 18 million.</value>
    public long MaxPixels { get; init; } = 1L << 26;

    /// <summary>The most bytes that an encoded image may have.</summary>
    /// <value>134,217,728 by default.</value>
    public long MaxBytes { get; init; } = 1L << 27;

    /// <summary>
    /// Whether 16-bit grey is cut off at 255, as the published code does by <c>convert("RGB")</c>, which leaves such pictures nearly white;
    /// only for repeating a published run.
    /// </summary>
    /// <value><see langword="false"/> by default: 16-bit samples are scaled to 8 bits.</value>
    public bool ClipSixteenBitGray { get; init; }

    /// <summary>Whether pictures are turned as their orientation tag (EXIF, TIFF) says. The published code does not.</summary>
    /// <value><see langword="false"/> by default: pixels as stored.</value>
    public bool FollowOrientation { get; init; }
}
