namespace Ark.Data;

/// <summary>Where torchvision cuts.</summary>
internal static class Crops
{
    /// <summary><c>CenterCrop</c>: a margin of odd length is halved to the even neighbour.</summary>
    public static Bitmap Center(Bitmap source, int width, int height) =>
        source.Crop(Middle(source.Width, width), Middle(source.Height, height), width, height);

    /// <summary>
    /// <c>TenCrop</c>: 0 top left, 1 top right, 2 bottom left, 3 bottom right, 4 centre; 5 to 9 the same of the mirrored picture, given
    /// here as the part of the unmirrored one that has still to be mirrored.
    /// </summary>
    public static Bitmap OfTen(Bitmap source, int index, int width, int height)
    {
        var (left, top) = (index % 5) switch
        {
            0 => (0, 0),
            1 => (source.Width - width, 0),
            2 => (0, source.Height - height),
            3 => (source.Width - width, source.Height - height),
            _ => (Middle(source.Width, width), Middle(source.Height, height)),
        };
        return source.Crop(index < 5 ? left : source.Width - width - left, top, width, height);
    }

    private static int Middle(int whole, int part) => (int)Math.Round((whole - part) / 2.0);
}
