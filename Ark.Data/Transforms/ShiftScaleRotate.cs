using System.Runtime.InteropServices;

namespace Ark.Data;

/// <summary>A rotation and scaling about the centre, followed by a shift.</summary>
/// <param name="Angle">Degrees, counter-clockwise.</param>
/// <param name="Scale">Above 1 enlarges.</param>
/// <param name="ShiftX">To the right, in widths.</param>
/// <param name="ShiftY">Downwards, in heights.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ShiftScaleRotate(double Angle, double Scale, double ShiftX, double ShiftY)
{
    /// <summary>
    /// The 2x3 matrix, row by row, that takes source to destination positions; the centre lies between the middle pixels, as in
    /// albumentations 1.3.
    /// </summary>
    public double[] Matrix(int width, int height)
    {
        var radians = Angle * Math.PI / 180;
        var cosine = Math.Cos(radians) * Scale;
        var sine = Math.Sin(radians) * Scale;
        double centerX = (width * 0.5) - 0.5, centerY = (height * 0.5) - 0.5;
        return
        [
            cosine, sine, ((1 - cosine) * centerX) - (sine * centerY) + (ShiftX * width),
            -sine, cosine, (sine * centerX) + ((1 - cosine) * centerY) + (ShiftY * height),
        ];
    }
}
