using System.Runtime.InteropServices;

namespace Ark;

/// <summary>The size of a square pixel.</summary>
/// <param name="Millimeters">Its side in mm, above 0.</param>
/// <param name="AtWidth">The columns of the picture that this holds for, where resized copies of it are in use; <see langword="null"/> for
/// the picture as it is stored.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PixelSpacing(double Millimeters, int? AtWidth = null)
{
    /// <summary>The side of a pixel in a picture of a given width.</summary>
    /// <param name="width">Its columns.</param>
    /// <returns>In mm.</returns>
    public double For(int width) => AtWidth is { } known ? Millimeters * known / width : Millimeters;
}
