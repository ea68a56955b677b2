namespace Ark.Phantom;

/// <summary>A rendered picture and everything that is true about it.</summary>
public sealed class PhantomRadiograph
{
    private readonly Dictionary<PhantomStructure, byte[]> _masks;

    internal PhantomRadiograph(
        RasterImage image,
        PhantomView view,
        IReadOnlyList<PhantomFinding> findings,
        IReadOnlyList<PhantomBox> boxes,
        Dictionary<PhantomStructure, byte[]> masks)
    {
        Image = image;
        View = view;
        Findings = findings;
        Boxes = boxes;
        _masks = masks;
        CardiothoracicRatio = Span(
            masks[PhantomStructure.Heart]) / Span(masks[PhantomStructure.LeftLung], masks[PhantomStructure.RightLung]);
    }

    /// <summary>The picture, one grey channel.</summary>
    public RasterImage Image { get; }

    /// <summary>The view.</summary>
    public PhantomView View { get; }

    /// <summary>The findings in the order of <see cref="PhantomFinding"/>.</summary>
    public IReadOnlyList<PhantomFinding> Findings { get; }

    /// <summary>Where the findings show; a finding with several parts has several boxes, and each finding has at least one.</summary>
    public IReadOnlyList<PhantomBox> Boxes { get; }

    /// <summary>The greatest width of the heart's mask over the greatest width of both lungs' masks together.</summary>
    public double CardiothoracicRatio { get; }

    /// <summary>The mask of a structure.</summary>
    /// <param name="structure">The structure.</param>
    /// <returns>An image of the picture's size, 255 inside and 0 outside; it shares its pixels with this object.</returns>
    internal RasterImage Mask(PhantomStructure structure) => new(Image.Width, Image.Height, 1, _masks[structure]);

    private double Span(params ReadOnlySpan<byte[]> masks)
    {
        var (first, last) = (Image.Width, -1);
        foreach (var mask in masks)
        {
            for (var i = 0; i < mask.Length; i++)
            {
                if (mask[i] == 0) continue;
                first = Math.Min(first, i % Image.Width);
                last = Math.Max(last, i % Image.Width);
            }
        }

        return Math.Max(1, last - first + 1);
    }
}
