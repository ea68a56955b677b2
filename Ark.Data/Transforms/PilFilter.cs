namespace Ark.Data;

/// <summary>The filters of Pillow's <c>resize</c> that Ark uses.</summary>
internal enum PilFilter
{
    /// <summary>The pixel under the centre.</summary>
    Nearest,

    /// <summary>A triangle of support 1, stretched when shrinking.</summary>
    Bilinear,

    /// <summary>Keys' cubic with a = −0.5, support 2, stretched when shrinking; what Pillow takes when no filter is named.</summary>
    Bicubic,
}
