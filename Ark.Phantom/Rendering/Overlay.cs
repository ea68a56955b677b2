namespace Ark.Phantom;

/// <summary>Burns in what lies on top of a picture: the side letter and the collimator's border.</summary>
internal static class Overlay
{
    private static readonly string[] L = ["#....", "#....", "#....", "#....", "#....", "#....", "#####"];
    private static readonly string[] R = ["####.", "#...#", "#...#", "####.", "#.#..", "#..#.", "#...#"];

    /// <summary>Burns in.</summary>
    /// <param name="pixels">The picture.</param>
    /// <param name="scanner">The equipment.</param>
    /// <param name="random">The picture's stream for this.</param>
    public static void Burn(byte[] pixels, PhantomScanner scanner, RandomStream random)
    {
        var marked = random.Chance(scanner.Markers);
        var left = random.Chance(0.65);
        var (x, y) = (random.Uniform(0.03, 0.10), random.Uniform(0.03, 0.16));
        var collimated = random.Chance(scanner.Collimation);
        var border = (int)(scanner.Height * random.Uniform(0.02, 0.07));
        if (collimated)
        {
            pixels.AsSpan(0, border * scanner.Width).Clear();
            pixels.AsSpan((scanner.Height - border) * scanner.Width).Clear();
        }

        if (!marked) return;

        // The patient's left is on the picture's right.
        var scale = Math.Max(1, scanner.Width / 128);
        var column = left ? scanner.Width - (int)(x * scanner.Width) - (5 * scale) : (int)(x * scanner.Width);
        var letter = left ? L : R;
        for (var row = 0; row < 7 * scale; row++)
        {
            for (var k = 0; k < 5 * scale; k++)
            {
                if (letter[row / scale][k / scale] != '#') continue;
                pixels[(((int)(y * scanner.Height) + row) * scanner.Width) + column + k] = 235;
            }
        }
    }
}
