namespace Ark.Data;

/// <summary>
/// The published training augmentation: the picture is resized (bicubic) to a working picture; the student sees a random crop of it,
/// perhaps shifted, scaled and rotated, perhaps changed in brightness and contrast or in gamma; the teacher sees what the recipe says.
/// View 0 is the student's, view 1 the teacher's; masked image modeling has a view of its own alone. Thread-safe.
/// </summary>
internal sealed class TrainingTransform : IPreparingTransform
{
    private readonly ViewSize _size;
    private readonly ViewSize _working;
    private readonly AugmentationRecipe _recipe;
    private readonly PixelTables _tables;

    /// <summary>Creates the transform.</summary>
    /// <param name="height">Rows of a view, 1 to 8192.</param>
    /// <param name="width">Columns of a view, 1 to 8192.</param>
    /// <param name="recipe">Which publication's views.</param>
    /// <param name="normalization">Mean and deviation.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of range, or the recipe or normalisation is none.</exception>
    public TrainingTransform(int height, int width, AugmentationRecipe recipe, Normalization normalization = Normalization.ImageNet)
    {
        if (!Enum.IsDefined(recipe)) throw new ArgumentOutOfRangeException(nameof(recipe), recipe, "Unknown recipe.");
        _size = ViewSize.Checked(height, width);
        _recipe = recipe;
        _tables = PixelTables.InDouble(normalization);
        _working = recipe == AugmentationRecipe.Ark ? _size : _size.BeforeCrop;
    }

    /// <summary>The smallest random crop, as a share of the working picture's area, in (0, 1].</summary>
    /// <value>Default: 0.08, as published. Pictures that are small themselves keep too little in so small a crop.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public double MinCropScale
    {
        get;
        init =>
            field = value is > 0 and <= 1
                ? value
                : throw new ArgumentOutOfRangeException(nameof(value), value, "A crop is more than nothing and at most the whole.");
    } = Augmentation.PublishedLeastArea;

    /// <inheritdoc/>
    public int Views => _recipe == AugmentationRecipe.SimMim ? 1 : 2;

    /// <inheritdoc/>
    public int Height => _size.Height;

    /// <inheritdoc/>
    public int Width => _size.Width;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length.</exception>
    public void Apply(RasterImage image, RandomStream random, Span<float> destination)
    {
        Apply(image, _recipe == AugmentationRecipe.SimMim
            ? Augmentation.DrawLight(random, _working.Width, _working.Height, MinCropScale)
            : Augmentation.Draw(random, _working.Width, _working.Height, MinCropScale), destination);
    }

    string IPreparingTransform.Preparation => $"bicubic {_working.Width}x{_working.Height}";

    ViewSize IPreparingTransform.PreparedSize => _working;

    RasterImage IPreparingTransform.Prepare(RasterImage image)
    {
        var pixels = new byte[checked(_working.Pixels * image.Channels)];
        PilResize.Resize(Bitmap.Of(image), pixels, _working.Width, _working.Height, PilFilter.Bicubic);
        return new RasterImage(_working.Width, _working.Height, image.Channels, pixels);
    }

    // A picture of the working size is not resized again.
    void IPreparingTransform.ApplyPrepared(RasterImage prepared, RandomStream random, Span<float> destination) =>
        Apply(prepared, random, destination);

    /// <summary>Makes the views of an augmentation that has been drawn before.</summary>
    internal void Apply(RasterImage image, Augmentation drawn, Span<float> destination)
    {
        _size.CheckDestination(destination, Views);
        var source = Bitmap.Of(image);
        if (_working.Width == image.Width && _working.Height == image.Height)
        {
            WriteViews(source, drawn, destination);
            return;
        }

        using var resized = new PooledBytes(checked(_working.Pixels * image.Channels));
        PilResize.Resize(source, resized.Span, _working.Width, _working.Height, PilFilter.Bicubic);
        WriteViews(new Bitmap(resized.Span, _working.Width, _working.Height, image.Channels), drawn, destination);
    }

    /// <summary>Makes the views of a picture that is cropped as it is.</summary>
    internal void WriteViews(Bitmap working, Augmentation drawn, Span<float> destination)
    {
        var viewLength = 3 * _size.Pixels;
        using var first = new PooledBytes(checked(_size.Pixels * working.Channels));
        using var second = new PooledBytes(_size.Pixels * working.Channels);

        var student = Crop(working, drawn, linear: true, first.Span, second.Span);
        _tables.Write(student, destination[..viewLength], drawn.Curve(), drawn.IsMirrored);
        if (Views == 1) return;

        if (_recipe == AugmentationRecipe.Ark)
        {
            _tables.Write(Crop(working, drawn, linear: false, first.Span, second.Span), destination[viewLength..]);
        }
        else
        {
            PilResize.Resize(working, first.Span, Width, Height, PilFilter.Bicubic);
            _tables.Write(new Bitmap(first.Span, Width, Height, working.Channels), destination[viewLength..]);
        }
    }

    private Bitmap Crop(Bitmap working, Augmentation drawn, bool linear, Span<byte> cropped, Span<byte> warped)
    {
        var crop = working.Crop(drawn.Left, drawn.Top, drawn.Width, drawn.Height);
        if (linear) CvResize.Linear(crop, cropped, Width, Height);
        else CvResize.Nearest(crop, cropped, Width, Height);
        var result = new Bitmap(cropped, Width, Height, working.Channels);
        if (drawn.Warp is not { } warp) return result;
        CvWarp.Apply(result, warped, warp, linear);
        return new Bitmap(warped, Width, Height, working.Channels);
    }
}
