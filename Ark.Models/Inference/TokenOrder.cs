using System.Diagnostics;

namespace Ark.Models;

/// <summary>
/// Which token of which image a row stands for: rows go through the images one after the other, and through an image's tokens in the order
/// of a map, such as window by window.
/// </summary>
/// <remarks>Rests on: the map holding <paramref name="perImage"/> numbers, each below it, and being alive.</remarks>
/// <param name="map">Each row's token within its image; <see langword="null"/> for the identity.</param>
/// <param name="perImage">Tokens of an image.</param>
/// <param name="first">The number of the first row.</param>
internal readonly unsafe struct TokenOrder(int* map, int perImage, long first)
{
    public nint TokenOf(int row)
    {
        var number = first + row;
        Debug.Assert(number >= 0, "Rows are counted from the first token on.");
        if (map is null) return (nint)number;
        var (image, within) = Math.DivRem(number, perImage);
        Debug.Assert((uint)map[within] < (uint)perImage, "The map stays within an image.");
        return (nint)((image * perImage) + map[within]);
    }

    /// <summary>The image that a token belongs to.</summary>
    public int ImageOf(nint token) => (int)(token / perImage);

    /// <summary>The number behind the last token that so many rows may stand for: the map takes them from whole images.</summary>
    public long End(int rows) => map is null ? first + rows : (first + rows + perImage - 1) / perImage * perImage;
}
