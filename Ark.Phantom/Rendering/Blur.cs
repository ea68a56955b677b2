namespace Ark.Phantom;

/// <summary>A fast smooth blur: a running mean along rows and columns, twice; borders repeat.</summary>
internal static class Blur
{
    /// <summary>Blurs.</summary>
    /// <param name="source">The values, not changed.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="radius">How many neighbours on each side one pass averages.</param>
    /// <returns>The blurred values.</returns>
    public static float[] Apply(float[] source, int width, int height, int radius)
    {
        var a = new float[source.Length];
        var b = new float[source.Length];
        Rows(source, a, width, height, Math.Min(radius, width - 1));
        Rows(a, b, width, height, Math.Min(radius, width - 1));
        Columns(b, a, width, height, Math.Min(radius, height - 1));
        Columns(a, b, width, height, Math.Min(radius, height - 1));
        return b;
    }

    private static void Rows(float[] from, float[] to, int width, int height, int radius)
    {
        // Sums are kept in double: a running float sum would drift along the row.
        var scale = 1.0 / ((2 * radius) + 1);
        for (var y = 0; y < height; y++)
        {
            var row = from.AsSpan(y * width, width);
            var sum = row[0] * (double)radius;
            for (var x = 0; x <= radius; x++) sum += row[Math.Min(x, width - 1)];
            for (var x = 0; x < width; x++)
            {
                to[(y * width) + x] = (float)(sum * scale);
                sum += row[Math.Min(x + radius + 1, width - 1)] - (double)row[Math.Max(x - radius, 0)];
            }
        }
    }

    private static void Columns(float[] from, float[] to, int width, int height, int radius)
    {
        var scale = 1.0 / ((2 * radius) + 1);
        var sums = new double[width];
        for (var x = 0; x < width; x++) sums[x] = from[x] * (double)radius;
        for (var y = 0; y <= radius; y++)
        {
            for (var x = 0; x < width; x++) sums[x] += from[(Math.Min(y, height - 1) * width) + x];
        }

        for (var y = 0; y < height; y++)
        {
            var enter = Math.Min(y + radius + 1, height - 1) * width;
            var leave = Math.Max(y - radius, 0) * width;
            for (var x = 0; x < width; x++)
            {
                to[(y * width) + x] = (float)(sums[x] * scale);
                sums[x] += from[enter + x] - (double)from[leave + x];
            }
        }
    }
}
