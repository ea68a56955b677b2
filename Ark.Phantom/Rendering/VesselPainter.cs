using static Ark.Phantom.PortableMath;

namespace Ark.Phantom;

/// <summary>Paints the lung vessels: trees that leave the hila, fork, and thin out towards the chest wall.</summary>
/// <param name="thorax">The thorax.</param>
/// <param name="projection">The projection.</param>
/// <param name="strokes">Paints tubes.</param>
internal sealed class VesselPainter(Thorax thorax, Projection projection, Strokes strokes)
{
    private const int Generations = 4;

    /// <summary>Paints both lungs' vessels.</summary>
    /// <param name="solid">The buffer to add to.</param>
    /// <param name="random">The patient's stream for vessels.</param>
    /// <param name="thickening">A factor on the radii.</param>
    public void Paint(float[] solid, RandomStream random, double thickening)
    {
        foreach (var side in (ReadOnlySpan<int>)[-1, 1])
        {
            var hilumY = thorax.H * (side > 0 ? 0.40 : 0.43);
            var hilumX = 3.1 + (0.3 * side);
            for (var branch = 0; branch < 8; branch++)
            {
                // From straight up (-75°) to steeply down (80°); the lower lobes have the larger vessels.
                var angle = -1.3 + (2.7 * branch / 7) + random.Uniform(-0.15, 0.15);
                var radius = (0.34 + (0.10 * branch / 7)) * random.Uniform(0.8, 1.15) * thickening * thorax.VesselStrength;
                Grow(solid, random, side, hilumX, hilumY + (0.2 * branch), random.Uniform(-5, 4), angle, radius, Generations);
            }

            Hilum(solid, side * (hilumX + 0.7), hilumY + 0.6, 1.25 * thickening);
        }
    }

    private void Grow(float[] solid, RandomStream random, int side, double x, double y, double z, double angle, double radius, int left)
    {
        var length = random.Uniform(2.0, 3.6);
        var bend = random.Uniform(-0.25, 0.25);
        Span<StrokePoint> points = stackalloc StrokePoint[4];
        for (var i = 0; i < points.Length; i++)
        {
            if (i > 0)
            {
                angle += bend / 3;
                x += Cos(angle) * length / 3;
                y += Sin(angle) * length / 3;
            }

            var p = projection.Project(side * x, y, z);
            var r = radius * (1 - (0.1 * i));
            points[i] = new StrokePoint(p.X, p.Y, (float)r * p.Scale, (float)(2 * r));
        }

        strokes.Add(points, 0, solid);
        if (left <= 1) return;
        var split = random.Uniform(0.3, 0.6);
        Grow(solid, random, side, x, y, z + random.Uniform(-1.5, 1.5), angle - split, radius * 0.68, left - 1);
        Grow(solid, random, side, x, y, z + random.Uniform(-1.5, 1.5), angle + (0.8 * split), radius * 0.68, left - 1);
    }

    private void Hilum(float[] solid, double x, double y, double radius)
    {
        var a = projection.Project(x, y - 1.2, 0);
        var b = projection.Project(x, y + 1.8, 0);
        strokes.Add(
            [new StrokePoint(a.X, a.Y, (float)radius * a.Scale, 1.6f), new StrokePoint(b.X, b.Y, (float)(0.7 * radius) * b.Scale, 1.2f)],
            0,
            solid);
    }
}
