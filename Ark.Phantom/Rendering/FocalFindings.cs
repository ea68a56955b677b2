using static Ark.Phantom.PortableMath;

namespace Ark.Phantom;

/// <summary>Paints findings of one place: nodules, masses, consolidations, collapsed plates.</summary>
internal static class FocalFindings
{
    /// <summary>Paints four to nine nodules.</summary>
    public static void Nodule(FindingCanvas canvas, RandomStream random)
    {
        var count = 4 + random.NextInt32(6);
        for (var k = 0; k < count; k++)
        {
            var radius = random.Uniform(1.15, 1.5);
            var (x, y, scale) = canvas.Spot(random, 0, radius * 0.8);
            var map = new float[canvas.Field.Solid.Length];
            Lump(canvas, map, x, y, radius * scale, 2 * radius * random.Uniform(1.3, 1.8));
            Solidify(canvas, PhantomFinding.Nodule, map);
        }
    }

    /// <summary>Paints a mass: a lump with two to four bulges.</summary>
    public static void Mass(FindingCanvas canvas, RandomStream random)
    {
        var radius = random.Uniform(2.5, 3.5);
        var (x, y, scale) = canvas.Spot(random, 0, radius * 0.6);
        var map = new float[canvas.Field.Solid.Length];
        Lump(canvas, map, x, y, radius * scale, 3 * radius);
        var bulges = 2 + random.NextInt32(3);
        for (var k = 0; k < bulges; k++)
        {
            var (angle, distance, r) = (random.Uniform(0, 6.2832), random.Uniform(0.3, 0.6) * radius, random.Uniform(0.45, 0.7) * radius);
            Lump(canvas, map, x + (float)(Cos(angle) * distance * scale), y + (float)(Sin(angle) * distance * scale), r * scale, 2.8 * r);
        }

        Solidify(canvas, PhantomFinding.Mass, map);
    }

    /// <summary>Paints a consolidation: overlapping soft patches.</summary>
    public static void Consolidation(FindingCanvas canvas, RandomStream random)
    {
        var (cx, cy, scale) = canvas.Spot(random, 0, 1.2);
        var field = canvas.Field;
        var texture = new SmoothNoise(random, field.Width, field.Height, 1.8 * scale, 2);
        var strength = (float)random.Uniform(0.7, 1);
        var patches = 6 + random.NextInt32(5);
        var map = new float[field.Filled.Length];
        for (var k = 0; k < patches; k++)
        {
            var (x, y) = (cx + (float)(random.Uniform(-3.2, 3.2) * scale), cy + (float)(random.Uniform(-3.2, 3.2) * scale));
            var radius = (float)(random.Uniform(2.2, 4.2) * scale);
            Each(canvas, x, y, radius, (i, column, row, q) => map[i] += 0.8f * q * q);
        }

        // It fills the lung it started in, and stops at its border.
        var mask = canvas.Lungs.X[((int)cy * field.Width) + (int)cx] > 0 ? canvas.Lungs.Left : canvas.Lungs.Right;
        for (var i = 0; i < map.Length; i++)
        {
            if (map[i] <= 0) continue;
            map[i] = mask[i] == 0
                ? 0
                : Math.Max(0, strength * Math.Min(1, map[i]) * (1 + (0.3f * texture.At(i % field.Width, i / field.Width))));
            field.Filled[i] += map[i];
        }

        canvas.AddBox(PhantomFinding.Consolidation, map, 0.3f);
    }

    /// <summary>Paints a collapse: two to four plates above the raised dome, and a dense base.</summary>
    public static void Atelectasis(FindingCanvas canvas, RandomStream random)
    {
        var (thorax, field) = (canvas.Thorax, canvas.Field);
        var side = thorax.AtelectasisSide;
        var map = new float[field.Solid.Length];
        var plates = 2 + random.NextInt32(3);
        Span<StrokePoint> points = stackalloc StrokePoint[8];
        for (var k = 0; k < plates; k++)
        {
            var y = (side > 0 ? thorax.DomeLeft : thorax.DomeRight) - random.Uniform(1.2, 6.5);
            var (inner, outer) = (thorax.Inner((float)y, side > 0) + 1.5, thorax.Outer((float)y) - 0.5);
            var length = random.Uniform(4.5, 8);
            var start = random.Uniform(inner, Math.Max(inner, outer - length));
            var (slope, bow, radius) = (random.Uniform(-0.35, 0.35), random.Uniform(-0.5, 0.5), random.Uniform(0.55, 0.95));
            for (var j = 0; j < points.Length; j++)
            {
                var t = j / (points.Length - 1.0);
                var at = canvas.Projection.Project(
                    side * Math.Min(start + (length * t), outer), y + (slope * length * (t - 0.5)) + (4 * bow * t * (1 - t)), 0);
                var taper = 0.55 + (1.8 * t * (1 - t));
                points[j] = new StrokePoint(at.X, at.Y, (float)(radius * taper * at.Scale), (float)(4.6 * taper));
            }

            canvas.Strokes.Add(points, 0, map);
        }

        var mask = side > 0 ? canvas.Lungs.Left : canvas.Lungs.Right;
        var dense = (float)random.Uniform(0.2, 0.4);
        for (var i = 0; i < map.Length; i++)
        {
            if (mask[i] == 0)
            {
                map[i] = 0;
                continue;
            }

            field.Solid[i] += map[i];
            field.Filled[i] += dense * (1 - Step(0.5f, 3.5f, canvas.Lungs.Above[i]));
        }

        canvas.AddBox(PhantomFinding.Atelectasis, map, 0.25f);
    }

    private static void Lump(FindingCanvas canvas, float[] map, float x, float y, double radius, double path) =>
        Each(canvas, x, y, (float)radius, (i, _, _, q) => map[i] = Math.Max(map[i], (float)path * MathF.Sqrt(q)));

    private static void Solidify(FindingCanvas canvas, PhantomFinding finding, float[] map)
    {
        var lungs = canvas.Lungs;
        for (var i = 0; i < map.Length; i++)
        {
            if (map[i] <= 0) continue;
            canvas.Field.Solid[i] += map[i];
            if ((lungs.Left[i] | lungs.Right[i]) == 0) map[i] = 0;
        }

        canvas.AddBox(finding, map, 0.2f);
    }

    private static void Each(FindingCanvas canvas, float x, float y, float radius, Action<int, int, int, float> visit)
    {
        var (width, height) = (canvas.Field.Width, canvas.Field.Height);
        for (var row = Math.Max(0, (int)(y - radius)); row <= Math.Min(height - 1, (int)(y + radius) + 1); row++)
        {
            for (var column = Math.Max(0, (int)(x - radius)); column <= Math.Min(width - 1, (int)(x + radius) + 1); column++)
            {
                var (dx, dy) = (column - x, row - y);
                var q = 1 - (((dx * dx) + (dy * dy)) / (radius * radius));
                if (q > 0) visit((row * width) + column, column, row, q);
            }
        }
    }
}
