namespace Ark.Evaluation;

/// <summary>
/// The exact Euclidean distance of every pixel to the nearest one of a set, in time proportional to the pixels: lower envelopes of
/// parabolas, first down the columns, then along the rows (Felzenszwalb and Huttenlocher, "Distance Transforms of Sampled Functions",
/// 2012).
/// </summary>
internal static class DistanceMap
{
    /// <summary>Squared distances.</summary>
    /// <param name="set">The pixels to measure to, at least one.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="spacing">The width and height of a pixel.</param>
    /// <returns>One for each pixel.</returns>
    public static double[] Squared(bool[] set, int width, int height, (double X, double Y) spacing)
    {
        var squares = Array.ConvertAll(set, on => on ? 0 : double.PositiveInfinity);
        for (var x = 0; x < width; x++) Pass(squares, x, width, height, spacing.Y);
        for (var y = 0; y < height; y++) Pass(squares, y * width, 1, width, spacing.X);
        return squares;
    }

    private static void Pass(double[] values, int start, int step, int count, double unit)
    {
        var heights = new double[count];
        var (places, borders) = (new int[count], new double[count + 1]);
        var last = -1;
        for (var q = 0; q < count; q++)
        {
            heights[q] = values[start + (q * step)];
            if (double.IsPositiveInfinity(heights[q])) continue;
            var border = double.NegativeInfinity;
            while (last >= 0 && (border = Meeting(places[last], q)) <= borders[last]) last--;
            if (last < 0) border = double.NegativeInfinity;
            places[++last] = q;
            borders[last] = border;
        }

        if (last < 0) return;
        for (int q = 0, k = 0; q < count; q++)
        {
            while (k < last && borders[k + 1] < q) k++;
            var distance = (q - places[k]) * unit;
            values[start + (q * step)] = (distance * distance) + heights[places[k]];
        }

        double Meeting(int p, int q) => (((heights[q] - heights[p]) / (unit * unit)) + ((double)q * q) - ((double)p * p)) / (2.0 * (q - p));
    }
}
