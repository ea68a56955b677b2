namespace Ark.Data;

/// <summary>
/// The published test-time augmentation: the picture is resized as <see cref="EvaluationTransform"/> does, and ten views are cut: top left,
/// top right, bottom left, bottom right and centre, then the same five of the mirrored picture. Nothing random. Thread-safe.
/// </summary>
internal sealed class TenCropTransform : IPreparingTransform
{
    private readonly ViewSize _size;
    private readonly EvaluationPicture _picture;
    private readonly PixelTables _tables;

    /// <summary>Creates the transform.</summary>
    /// <param name="height">Rows of a view, 1 to 8192.</param>
    /// <param name="width">Columns of a view, 1 to 8192.</param>
    /// <param name="normalization">Mean and deviation.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range, or the normalization is none.</exception>
    public TenCropTransform(int height, int width, Normalization normalization = Normalization.ImageNet)
        : this(ViewSize.Checked(height, width), ViewSize.Checked(height, width).BeforeCrop, normalization)
    {
    }

    /// <summary>As the public one, with a size before the crop of its own.</summary>
    internal TenCropTransform(ViewSize size, ViewSize beforeCrop, Normalization normalization)
    {
        _size = size;
        _picture = new EvaluationPicture(beforeCrop);
        _tables = PixelTables.InSingle(normalization);
    }

    /// <inheritdoc/>
    public int Views => 10;

    /// <inheritdoc/>
    public int Height => _size.Height;

    /// <inheritdoc/>
    public int Width => _size.Width;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length.</exception>
    public void Apply(RasterImage image, RandomStream random, Span<float> destination)
    {
        _size.CheckDestination(destination, Views);
        using var pixels = _picture.Prepare(image);
        Cut(_picture.View(pixels, image), destination);
    }

    string IPreparingTransform.Preparation => _picture.Preparation;

    ViewSize IPreparingTransform.PreparedSize => _picture.Size;

    RasterImage IPreparingTransform.Prepare(RasterImage image) => _picture.PrepareImage(image);

    void IPreparingTransform.ApplyPrepared(RasterImage prepared, RandomStream random, Span<float> destination)
    {
        _size.CheckDestination(destination, Views);
        Cut(Bitmap.Of(prepared), destination);
    }

    private void Cut(Bitmap whole, Span<float> destination)
    {
        var viewLength = 3 * _size.Pixels;
        for (var view = 0; view < Views; view++)
        {
            var crop = Crops.OfTen(whole, view, Width, Height);
            _tables.Write(crop, destination.Slice(view * viewLength, viewLength), mirror: view >= 5);
        }
    }
}
