namespace Ark.Inference;

/// <summary>The pixels of one structure in one picture, row by row.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Pixels">Whether each pixel belongs to the structure, <c>[Height * Width]</c>.</param>
internal readonly record struct Mask(int Width, int Height, bool[] Pixels)
{
    /// <summary>Whether the pixel belongs to the structure; outside the picture none does.</summary>
    public bool this[int x, int y] => (uint)x < (uint)Width && (uint)y < (uint)Height && Pixels[(y * Width) + x];

    /// <summary>The number of pixels.</summary>
    public int Area => Pixels.AsSpan().Count(true);

    /// <summary>The mask without some of its pixels; a new one.</summary>
    public Mask Without(bool[] pixels) => this with { Pixels = [.. Pixels.Select((on, i) => on && !pixels[i])] };

    /// <summary>The pixels that have a neighbour above, below, left or right which does not belong to the structure.</summary>
    /// <param name="ignored">Pixels that are not known: they are no border, and nothing is one for lying beside them;
    /// <see langword="null"/> for none.</param>
    public bool[] Border(bool[]? ignored = null)
    {
        var border = new bool[Pixels.Length];
        if (ignored is not null)
        {
            var with = this with { Pixels = [.. Pixels.Select((on, i) => on || ignored[i])] };
            return [.. with.Border().Select((on, i) => on && !ignored[i])];
        }

        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++) border[(y * Width) + x] = IsBorder(x, y);
        }

        return border;
    }

    /// <summary>Whether the pixel is one of <see cref="Border"/>.</summary>
    public bool IsBorder(int x, int y) => this[x, y] && !(this[x - 1, y] && this[x + 1, y] && this[x, y - 1] && this[x, y + 1]);
}
