using static Ark.Phantom.PortableMath;

namespace Ark.Phantom;

/// <summary>Paints what is neither lung nor bone: trunk, neck, shoulders, arms, breasts; and the air in windpipe and stomach.</summary>
/// <param name="thorax">The thorax.</param>
/// <param name="pose">The pose.</param>
/// <param name="projection">The projection.</param>
internal sealed class BodyPainter(Thorax thorax, Pose pose, Projection projection)
{
    /// <summary>Paints the body's path.</summary>
    /// <param name="field">Receives it.</param>
    /// <param name="random">The picture's stream for soft tissue.</param>
    public void Paint(RayField field, RandomStream random)
    {
        var anatomy = thorax.Anatomy;
        var plane = projection.Plane(0);
        var front = projection.Plane(8);
        var unevenness = new SmoothNoise(random, field.Width, field.Height, 7 / projection.Pitch, 3);
        var trunk = 0.5f * (thorax.Depth + (float)anatomy.WallDepth);
        var (neck, breast) = ((float)anatomy.NeckHalfWidth, (float)anatomy.Breast);
        var breastY = (float)anatomy.BreastHeight * thorax.H;
        for (var row = 0; row < field.Height; row++)
        {
            for (var column = 0; column < field.Width; column++)
            {
                var (x, y) = (Math.Abs(plane.X(column, row)), plane.Y(column, row));
                var path = Trunk(x, y, trunk);
                path = Union(path, Ball(x - 11f, y - 4.2f, 16f, 8.2f, 11f));
                path = Union(path, Arm(x, y));
                var throat = neck + (0.55f * Math.Max(0, y + 5));
                if (x < throat) path = Union(path, 2 * MathF.Sqrt((throat * throat) - (x * x)) * (1 - Step(2, 9, y)));
                if (breast > 0.1f)
                {
                    var bx = Math.Abs(front.X(column, row)) - (0.56f * thorax.W);
                    path += Ball(bx, front.Y(column, row) - breastY, 6.4f, 5.6f, breast) * Step(0, 2, path);
                }

                field.Body[(row * field.Width) + column] = path * (1 + (0.025f * unevenness.At(column, row)));
            }
        }
    }

    /// <summary>Takes the air of the windpipe, the main bronchi and the stomach out of the body's path.</summary>
    /// <param name="field">Is changed.</param>
    /// <param name="strokes">Paints tubes.</param>
    /// <param name="random">The picture's stream for hollow organs.</param>
    public void Hollow(RayField field, Strokes strokes, RandomStream random)
    {
        var air = new float[field.Body.Length];
        var carina = 0.30 * thorax.H;
        var bend = random.Uniform(-0.3, 0.5);
        strokes.Add([Tube(0, -9, 0.85), Tube(-0.2 * bend, -2, 0.85), Tube(-bend, 0.6 * carina, 0.8), Tube(-bend, carina, 0.85)], 0, air);
        strokes.Add([Tube(-bend - 0.7, carina + 0.5, 0.7), Tube(-2.4, carina + 1.9, 0.6), Tube(-4, carina + 3.4, 0.45)], 0, air);
        strokes.Add([Tube(0.7 - bend, carina + 0.6, 0.65), Tube(2.2, carina + 2.6, 0.55), Tube(4.2, carina + 3.9, 0.4)], 0, air);

        var stomach = random.Chance(0.65);
        var (width, height) = (random.Uniform(1.8, 4.2), random.Uniform(1.2, 2.6));
        var (cx, cy) = (0.45 * thorax.W * random.Uniform(0.8, 1.15), thorax.DomeLeft + random.Uniform(0.7, 1.6) + height);
        if (stomach)
        {
            var plane = projection.Plane(2);
            for (var i = 0; i < air.Length; i++)
            {
                var row = i / field.Width;
                var (x, y) = (plane.X(i - (row * field.Width), row), plane.Y(i - (row * field.Width), row));
                if (Math.Abs(y - cy) > height) continue;
                var level = 1 - Step(0.45f * (float)height, 0.75f * (float)height, y - (float)cy);
                air[i] += Ball(x - (float)cx, y - (float)cy, (float)width, (float)height, 5.5f) * level;
            }
        }

        for (var i = 0; i < air.Length; i++) field.Body[i] = Math.Max(0, field.Body[i] - Math.Min(air[i], 0.5f * field.Body[i]));
    }

    private StrokePoint Tube(double x, double y, double radius)
    {
        var p = projection.Project(x, y, -1);
        return new StrokePoint(p.X, p.Y, (float)radius * p.Scale, (float)(2.6 * radius));
    }

    private float Trunk(float x, float y, float depth)
    {
        var half = thorax.Outer(Math.Max(y, 0.45f * thorax.H)) + (float)thorax.Anatomy.WallWidth;
        var q = x / half;
        if (q >= 1) return 0;
        q *= q;
        return 2 * depth * MathF.Sqrt(1 - (q * q)) * Step(-4, 6, y);
    }

    private float Arm(float x, float y)
    {
        var (x1, y1) = pose.ArmsDown ? (22.5f, 34f) : (33f, 9f);
        var (dx, dy) = (x1 - 20.5f, y1 - 5.5f);
        var t = Math.Clamp((((x - 20.5f) * dx) + ((y - 5.5f) * dy)) / ((dx * dx) + (dy * dy)), 0f, 1f);
        var (ex, ey) = (x - 20.5f - (t * dx), y - 5.5f - (t * dy));
        var q = (4.4f * 4.4f) - (ex * ex) - (ey * ey);
        return q <= 0 ? 0 : 2 * MathF.Sqrt(q);
    }

    private static float Ball(float x, float y, float rx, float ry, float depth)
    {
        var q = 1 - (x * x / (rx * rx)) - (y * y / (ry * ry));
        return q <= 0 ? 0 : depth * MathF.Sqrt(q);
    }

    // Overlapping parts of one body do not add up: a smooth maximum.
    private static float Union(float a, float b)
    {
        if (b <= 0) return a;
        if (a <= 0) return b;
        var (p, q) = (a * a, b * b);
        return MathF.Sqrt(MathF.Sqrt((p * p) + (q * q)));
    }
}
