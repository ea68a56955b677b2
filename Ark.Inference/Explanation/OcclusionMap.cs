namespace Ark.Inference;

/// <summary>
/// Occlusion (Zeiler and Fergus, ECCV 2014): a patch of the input is covered with the mean grey, at half-overlapping places, and the fall
/// of the label's logit is credited to what was covered.
/// </summary>
internal static class OcclusionMap
{
    private const int Batch = 32;

    /// <summary>Computes the map.</summary>
    /// <param name="runner">Runs the model.</param>
    /// <param name="view">The prepared image, <c>[3, H, W]</c>; H and W are the same.</param>
    /// <param name="place">The label's place among all heads' logits.</param>
    /// <param name="patchShare">The side of the patch as a share of the view's.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>A value for each cell of half a patch, row by row, 0 and above; the cells of a row; and the side that they cover, to which
    /// the last may reach over the view's.</returns>
    public static (float[] Grid, int Side, int Covered) Compute(
        ModelRunner runner, float[] view, int place, double patchShare, CancellationToken cancellationToken)
    {
        var side = runner.Transform.Height;
        var cell = Math.Max(1, (int)Math.Round(side * patchShare / 2));
        var cells = (side + cell - 1) / cell;
        var whole = runner.Logits(view, 1)[place];
        var (sums, counts) = (new double[cells * cells], new int[cells * cells]);
        var places = Enumerable.Range(-1, cells + 1).SelectMany(y => Enumerable.Range(-1, cells + 1).Select(x => (X: x, Y: y))).ToArray();
        var images = new float[Batch * view.Length];
        foreach (var some in places.Chunk(Batch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var i = 0; i < some.Length; i++)
            {
                var image = images.AsSpan(i * view.Length, view.Length);
                view.CopyTo(image);
                Cover(image, side, some[i].X * cell, some[i].Y * cell, 2 * cell);
            }

            var logits = runner.Logits(images, some.Length);
            for (var i = 0; i < some.Length; i++) Credit(some[i].X, some[i].Y, whole - logits[(i * runner.LogitCount) + place]);
        }

        return ([.. sums.Zip(counts, (sum, count) => (float)Math.Max(0, sum / Math.Max(1, count)))], cells, cells * cell);

        void Credit(int x, int y, double fall)
        {
            for (var cy = Math.Max(0, y); cy < Math.Min(cells, y + 2); cy++)
            {
                for (var cx = Math.Max(0, x); cx < Math.Min(cells, x + 2); cx++)
                {
                    sums[(cy * cells) + cx] += fall;
                    counts[(cy * cells) + cx]++;
                }
            }
        }
    }

    // 0 is the mean of the normalisation.
    private static void Cover(Span<float> image, int side, int left, int top, int size)
    {
        var (x0, x1) = (Math.Max(0, left), Math.Min(side, left + size));
        for (var channel = 0; channel < 3; channel++)
        {
            for (var y = Math.Max(0, top); y < Math.Min(side, top + size); y++)
                image.Slice((((channel * side) + y) * side) + x0, Math.Max(0, x1 - x0)).Clear();
        }
    }
}
