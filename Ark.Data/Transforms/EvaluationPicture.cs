namespace Ark.Data;

/// <summary>The resized picture from which the evaluation transforms cut their views.</summary>
internal sealed class EvaluationPicture(ViewSize size, ViewSize beforeCrop, AugmentationRecipe? asDatasetOf)
{
    /// <summary>Resizes the picture; the caller gives the pixels back.</summary>
    public PooledBytes Prepare(RasterImage image)
    {
        var result = new PooledBytes(checked(beforeCrop.Pixels * image.Channels));
        var source = Bitmap.Of(image);
        switch (asDatasetOf)
        {
            case null:
                PilResize.Resize(source, result.Span, beforeCrop.Width, beforeCrop.Height, PilFilter.Bilinear);
                break;
            case AugmentationRecipe.ArkPlus:
                // Already of the size that the validation transform would resize to.
                PilResize.Resize(source, result.Span, beforeCrop.Width, beforeCrop.Height, PilFilter.Bicubic);
                break;
            default:
                using (var small = new PooledBytes(checked(size.Pixels * image.Channels)))
                {
                    PilResize.Resize(source, small.Span, size.Width, size.Height, PilFilter.Bicubic);
                    PilResize.Resize(
                        new Bitmap(small.Span, size.Width, size.Height, image.Channels), result.Span, beforeCrop.Width, beforeCrop.Height, PilFilter.Bilinear);
                }

                break;
        }

        return result;
    }

    /// <summary>Names what <see cref="Prepare"/> does.</summary>
    public string Preparation => asDatasetOf switch
    {
        null => $"bilinear {beforeCrop.Width}x{beforeCrop.Height}",
        AugmentationRecipe.ArkPlus => $"bicubic {beforeCrop.Width}x{beforeCrop.Height}",
        _ => $"bicubic {size.Width}x{size.Height} bilinear {beforeCrop.Width}x{beforeCrop.Height}",
    };

    /// <summary>The resized picture with memory of its own.</summary>
    public RasterImage PrepareImage(RasterImage image)
    {
        using var pixels = Prepare(image);
        return new RasterImage(beforeCrop.Width, beforeCrop.Height, image.Channels, pixels.Span.ToArray());
    }

    public Bitmap View(PooledBytes pixels, RasterImage image) => new(pixels.Span, beforeCrop.Width, beforeCrop.Height, image.Channels);
}
