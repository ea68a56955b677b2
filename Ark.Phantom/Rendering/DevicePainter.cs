namespace Ark.Phantom;

/// <summary>Paints tubes and wires; they come with the AP view, never with a finding.</summary>
/// <param name="thorax">The thorax.</param>
/// <param name="projection">The projection.</param>
/// <param name="strokes">Paints tubes.</param>
internal sealed class DevicePainter(Thorax thorax, Projection projection, Strokes strokes)
{
    /// <summary>Paints some devices.</summary>
    /// <param name="metal">The buffer to add to.</param>
    /// <param name="random">The picture's stream for devices.</param>
    /// <param name="view">The view.</param>
    public void Paint(float[] metal, RandomStream random, PhantomView view)
    {
        var share = view == PhantomView.Anteroposterior ? 1 : 0.12;
        if (random.Chance(0.3 * share))
        {
            var end = (0.30 * thorax.H) - random.Uniform(1, 4);
            Curve(metal, 0.42, 0.22f, 0.75f, (0, -9, 0), (-0.1, -3, 0), (-0.2, end, 0));
        }

        if (random.Chance(0.4 * share))
        {
            var side = random.Chance(0.7) ? -1 : 1;
            Curve(
                metal, 0.13, 0.45f, 0, (side * 9, 1.5, 5), (side * 5, 2.6, 5), (side * 2.2, 4, 3), (-1.6, 7.5, 2),
                (-1.9, random.Uniform(9, 12), 2));
        }

        if (random.Chance(0.25 * share))
            Curve(metal, 0.16, 0.4f, 0, (0.4, -9, 0), (0.3, 2, -1), (0.5, 14, -1), (2.5, thorax.H, 0), (5, thorax.H + 4, 0));
        if (!random.Chance(0.55 * share)) return;
        var wires = 1 + random.NextInt32(3);
        for (var k = 0; k < wires; k++)
        {
            var side = random.Chance(0.5) ? 1 : -1;
            var (x, y) = (side * random.Uniform(4, 12), random.Uniform(2, 18));
            var (dx, dy) = (random.Uniform(-9, 9), random.Uniform(5, 13));
            Curve(
                metal, 0.09, 0.5f, 0, (x, y, 11), (x + (0.5 * dx) + random.Uniform(-3, 3), y + (0.4 * dy), 11), (x + dx, y + dy, 11),
                (x + (1.3 * dx), y + dy + 9, 11));
            Curve(metal, 0.5, 0.5f, 0, (x, y, 11), (x + 0.01, y, 11), (x, y + 0.01, 11));
        }
    }

    // A smooth curve through points (Catmull-Rom).
    private void Curve(
        float[] metal, double radius, float attenuation, float hollow, params ReadOnlySpan<(double X, double Y, double Z)> nodes)
    {
        const int steps = 6;
        // Of a few nodes, written out by the callers.
        Span<StrokePoint> points = stackalloc StrokePoint[((nodes.Length - 1) * steps) + 1];
        for (var k = 0; k < points.Length; k++)
        {
            var i = Math.Min(k / steps, nodes.Length - 2);
            var t = (k - (i * steps)) / (double)steps;
            var (a, b, c, d) = (nodes[Math.Max(0, i - 1)], nodes[i], nodes[i + 1], nodes[Math.Min(nodes.Length - 1, i + 2)]);
            var p = projection.Project(Spline(a.X, b.X, c.X, d.X, t), Spline(a.Y, b.Y, c.Y, d.Y, t), Spline(a.Z, b.Z, c.Z, d.Z, t));
            points[k] = new StrokePoint(p.X, p.Y, (float)radius * p.Scale, attenuation);
        }

        strokes.Add(points, hollow, metal);
    }

    private static double Spline(double a, double b, double c, double d, double t) =>
        b + (0.5 * t * (c - a + (t * ((2 * a) - (5 * b) + (4 * c) - d + (t * ((3 * (b - c)) + d - a))))));
}
