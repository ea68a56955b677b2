namespace Ark.Inference;

/// <summary>A colour picture that is being drawn; black at first. What falls outside is not drawn.</summary>
internal sealed class Canvas(int width, int height)
{
    private readonly byte[] _pixels = new byte[3 * width * height];

    public void Set(int x, int y, byte r, byte g, byte b)
    {
        if (x < 0 || y < 0 || x >= width || y >= height) return;
        var at = 3 * ((y * width) + x);
        (_pixels[at], _pixels[at + 1], _pixels[at + 2]) = (r, g, b);
    }

    public RasterImage ToImage() => new(width, height, 3, _pixels);
}
