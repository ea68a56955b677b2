namespace Ark.Models;

/// <summary>
/// Which token of which image a row stands for: rows go through the images one after the other, and through an image's tokens in the order
/// of a map, such as window by window.
/// </summary>
/// <remarks>Rests on: the map holding <paramref name="perImage"/> numbers, each below it.</remarks>
/// <param name="map">Each row's token within its image; <see langword="null"/> for the identity.</param>
/// <param name="perImage">Tokens of an image.</param>
/// <param name="first">The number of the first row.</param>
internal readonly unsafe struct TokenOrder(int* map, int perImage, long first)
{
    public nint TokenOf(int row)
    {
        var number = first + row;
        if (map is null) return (nint)number;
        var (image, within) = Math.DivRem(number, perImage);
        return (nint)((image * perImage) + map[within]);
    }

    /// <summary>The image that a token belongs to.</summary>
    public int ImageOf(nint token) => (int)(token / perImage);
}
