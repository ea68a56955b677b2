namespace Ark.Inference;

/// <summary>The structures that were found in an image, in the image's own grid.</summary>
public sealed class ImageSegmentation
{
    private readonly Mask[] _masks;
    private readonly RasterImage _image;

    internal ImageSegmentation(string name, RasterImage image, IReadOnlyList<string> structures, Mask[] masks)
    {
        (Name, _image, Structures, _masks) = (name, image, structures, masks);
        Measurements = SegmentationMeasurements.Of(structures, masks);
    }

    /// <summary>The image's name.</summary>
    public string Name { get; }

    /// <summary>The structures that were looked for, in the order of the network's outputs.</summary>
    public IReadOnlyList<string> Structures { get; }

    /// <summary>Columns.</summary>
    public int Width => _image.Width;

    /// <summary>Rows.</summary>
    public int Height => _image.Height;

    /// <summary>Areas, and the cardiothoracic ratio where lungs and heart were found.</summary>
    public SegmentationMeasurements Measurements { get; }

    /// <summary>The pixels of one structure.</summary>
    /// <param name="structure">One of <see cref="Structures"/>; case does not matter.</param>
    /// <returns>Whether each pixel belongs to it, row by row; the segmentation's own array.</returns>
    /// <exception cref="ArgumentException">There is no such structure.</exception>
    public IReadOnlyList<bool> Mask(string structure) => _masks[IndexOf(structure)].Pixels;

    /// <summary>What <see cref="Overlay"/> draws a structure in.</summary>
    /// <param name="structure">One of <see cref="Structures"/>; case does not matter.</param>
    /// <returns><c>#rrggbb</c>, as style sheets have it.</returns>
    /// <exception cref="ArgumentException">There is no such structure.</exception>
    public string Color(string structure)
    {
        var (r, g, b) = SegmentationPicture.Color(IndexOf(structure));
        return $"#{r:x2}{g:x2}{b:x2}";
    }

    /// <summary>
    /// One grey value for each pixel: 0 for none, k for the k-th structure, counted from 1. A pixel of several has the last one's.
    /// </summary>
    /// <returns>A new picture.</returns>
    public RasterImage LabelMap()
    {
        var pixels = new byte[Width * Height];
        for (var k = 0; k < _masks.Length; k++)
        {
            for (var i = 0; i < pixels.Length; i++)
            {
                if (_masks[k].Pixels[i]) pixels[i] = (byte)(k + 1);
            }
        }

        return new RasterImage(Width, Height, 1, pixels);
    }

    /// <summary>The image under the structures in colour, with their borders drawn.</summary>
    /// <returns>A new picture, <see cref="Width"/> × <see cref="Height"/> in red, green and blue.</returns>
    public RasterImage Overlay() => SegmentationPicture.Draw(_image, _masks);

    private int IndexOf(string structure)
    {
        var found = StructureIndex.Of(Structures, structure);
        return found >= 0 ? found : throw new ArgumentException(
            $"There is no structure '{structure}'; there are {string.Join(", ", Structures)}.", nameof(structure));
    }
}
