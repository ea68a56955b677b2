namespace Ark.Data;

/// <summary>
/// The published validation transform: the picture is resized (bilinear with antialiasing, both sides apart) to 256/224 of the view's size,
/// and the centre is cut out: 256 and 224 for the released model. One view, nothing random. Thread-safe.
/// </summary>
public sealed class EvaluationTransform : IPreparingTransform
{
    private readonly ViewSize _size;
    private readonly EvaluationPicture _picture;
    private readonly PixelTables _tables;

    /// <summary>Creates the transform.</summary>
    /// <param name="height">Rows of the view, 1 to 8192.</param>
    /// <param name="width">Columns of the view, 1 to 8192.</param>
    /// <param name="normalization">Mean and deviation.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range, or the normalization is none.</exception>
    public EvaluationTransform(int height, int width, Normalization normalization = Normalization.ImageNet)
        : this(ViewSize.Checked(height, width), ViewSize.Checked(height, width).BeforeCrop, normalization)
    {
    }

    /// <summary>As the public one, with a size before the crop of its own.</summary>
    internal EvaluationTransform(ViewSize size, ViewSize beforeCrop, Normalization normalization)
    {
        _size = size;
        _picture = new EvaluationPicture(beforeCrop);
        _tables = PixelTables.InSingle(normalization);
    }

    /// <summary>How many views of an image it makes: one.</summary>
    public int Views => 1;

    /// <summary>Rows of the view.</summary>
    public int Height => _size.Height;

    /// <summary>Columns of the view.</summary>
    public int Width => _size.Width;

    /// <summary>Makes the view.</summary>
    /// <param name="image">The decoded image; not changed.</param>
    /// <param name="random">Not used: nothing of this view is random.</param>
    /// <param name="destination">Receives <c>[3, Height, Width]</c>, normalized.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length.</exception>
    public void Apply(RasterImage image, RandomStream random, Span<float> destination)
    {
        _size.CheckDestination(destination, Views);
        using var pixels = _picture.Prepare(image);
        _tables.Write(Crops.Center(_picture.View(pixels, image), Width, Height), destination);
    }

    string IPreparingTransform.Preparation => _picture.Preparation;

    ViewSize IPreparingTransform.PreparedSize => _picture.Size;

    RasterImage IPreparingTransform.Prepare(RasterImage image) => _picture.PrepareImage(image);

    void IPreparingTransform.ApplyPrepared(RasterImage prepared, RandomStream random, Span<float> destination)
    {
        _size.CheckDestination(destination, Views);
        _tables.Write(Crops.Center(Bitmap.Of(prepared), Width, Height), destination);
    }
}
