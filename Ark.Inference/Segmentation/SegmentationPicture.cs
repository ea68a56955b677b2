namespace Ark.Inference;

/// <summary>Draws structures over a picture.</summary>
internal static class SegmentationPicture
{
    private const double Cover = 0.3;

    // Okabe and Ito's colours, told apart by colour-blind readers; they begin again where there are more structures.
    private static readonly (byte R, byte G, byte B)[] Colors =
    [
        (86, 180, 233), (213, 94, 0), (240, 228, 66), (0, 158, 115), (204, 121, 167), (230, 159, 0), (0, 114, 178)
    ];

    /// <summary>The colour of the k-th structure, counted from 0.</summary>
    public static (byte R, byte G, byte B) Color(int k) => Colors[k % Colors.Length];

    /// <summary>Draws each structure's surface lightly and its border fully, later structures over earlier ones.</summary>
    public static RasterImage Draw(RasterImage image, IReadOnlyList<Mask> masks)
    {
        var pixels = new byte[3 * image.Width * image.Height];
        for (var i = 0; i < image.Width * image.Height; i++)
        {
            for (var c = 0; c < 3; c++) pixels[(3 * i) + c] = image.Channels == 1 ? image.Pixels[i] : image.Pixels[(3 * i) + c];
        }

        for (var k = 0; k < masks.Count; k++)
        {
            var (r, g, b) = Color(k);
            var mask = masks[k];
            for (var i = 0; i < mask.Pixels.Length; i++)
            {
                if (!mask.Pixels[i]) continue;
                // Asked pixel by pixel: an array of them would be as large as the picture.
                var share = mask.IsBorder(i % image.Width, i / image.Width) ? 1 : Cover;
                Mix(ref pixels[3 * i], r, share);
                Mix(ref pixels[(3 * i) + 1], g, share);
                Mix(ref pixels[(3 * i) + 2], b, share);
            }
        }

        return new RasterImage(image.Width, image.Height, 3, pixels);
    }

    private static void Mix(ref byte pixel, byte color, double share) => pixel = (byte)Math.Round(pixel + ((color - pixel) * share));
}
