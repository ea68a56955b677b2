using System.Runtime.InteropServices;

namespace Ark.Phantom;

/// <summary>The patient's coordinates of pixels, at one depth: an affine map.</summary>
/// <param name="X0">x of the first pixel's centre.</param>
/// <param name="Y0">y of the first pixel's centre.</param>
/// <param name="Xc">Change of x by column.</param>
/// <param name="Xr">Change of x by row.</param>
/// <param name="Yc">Change of y by column.</param>
/// <param name="Yr">Change of y by row.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ProjectedPlane(float X0, float Y0, float Xc, float Xr, float Yc, float Yr)
{
    /// <summary>The patient's x of a pixel.</summary>
    /// <param name="column">Its column.</param>
    /// <param name="row">Its row.</param>
    /// <returns>In cm.</returns>
    public float X(int column, int row) => X0 + (Xc * column) + (Xr * row);

    /// <summary>The patient's y of a pixel.</summary>
    /// <param name="column">Its column.</param>
    /// <param name="row">Its row.</param>
    /// <returns>In cm.</returns>
    public float Y(int column, int row) => Y0 + (Yc * column) + (Yr * row);
}
