using Ark.Data;

namespace Ark.Inference;

/// <summary>Which parts of a picture speak for a label, in the picture's own pixels. Immutable.</summary>
public sealed class HeatMap
{
    private readonly float[] _values;

    internal HeatMap(int width, int height, float[] values)
    {
        Width = width;
        Height = height;
        _values = values;
    }

    /// <summary>Columns, as of the picture.</summary>
    public int Width { get; }

    /// <summary>Rows, as of the picture.</summary>
    public int Height { get; }

    /// <summary>The image's name.</summary>
    public required string Image { get; init; }

    /// <summary>The head that was asked.</summary>
    public required string Head { get; init; }

    /// <summary>The label that it is about, as the head names it.</summary>
    public required string Label { get; init; }

    /// <summary>The probability that the head gives to the label.</summary>
    public required double Probability { get; init; }

    /// <summary>How it was made.</summary>
    public required HeatMapMethod Method { get; init; }

    /// <summary>Whether anything speaks for the label: without that every value is 0.</summary>
    public bool HasEvidence => _values.Any(v => v > 0);

    /// <summary>
    /// The values row by row, 0 to 1; the highest is 1 where there is evidence. What the network does not see, outside its centre crop, is
    /// 0.
    /// </summary>
    public IReadOnlyList<float> Values => _values;

    /// <summary>The pixel of the highest value.</summary>
    public (int X, int Y) Peak
    {
        get
        {
            var best = Array.IndexOf(_values, _values.Max());
            return (best % Width, best / Width);
        }
    }

    /// <summary>The picture beside itself under the map, with a legend, as a colour image.</summary>
    /// <param name="picture">The picture that was explained.</param>
    /// <returns>A new image.</returns>
    /// <exception cref="ArgumentException">The picture has another size.</exception>
    public RasterImage Render(RasterImage picture) => HeatMapPicture.Render(this, picture);

    /// <summary>Writes <see cref="Render"/> as a PNG file; it is whole or not there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="picture">The picture that was explained.</param>
    /// <exception cref="ArkInputException">The file cannot be written.</exception>
    public void SavePng(string path, RasterImage picture) => PngFile.Write(path, Render(picture));
}
