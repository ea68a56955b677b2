namespace Ark.Data;

/// <summary>The resized picture from which the evaluation transforms cut their views.</summary>
internal sealed class EvaluationPicture(ViewSize beforeCrop)
{
    /// <summary>Resizes the picture; the caller gives the pixels back.</summary>
    public PooledBytes Prepare(RasterImage image)
    {
        var result = new PooledBytes(checked(beforeCrop.Pixels * image.Channels));
        PilResize.Resize(Bitmap.Of(image), result.Span, beforeCrop.Width, beforeCrop.Height, PilFilter.Bilinear);
        return result;
    }

    /// <summary>The size of the resized picture.</summary>
    public ViewSize Size => beforeCrop;

    /// <summary>Names what <see cref="Prepare"/> does.</summary>
    public string Preparation => $"bilinear {beforeCrop.Width}x{beforeCrop.Height}";

    /// <summary>The resized picture with memory of its own.</summary>
    public RasterImage PrepareImage(RasterImage image)
    {
        using var pixels = Prepare(image);
        return new RasterImage(beforeCrop.Width, beforeCrop.Height, image.Channels, pixels.Span.ToArray());
    }

    public Bitmap View(PooledBytes pixels, RasterImage image) => new(pixels.Span, beforeCrop.Width, beforeCrop.Height, image.Channels);
}
