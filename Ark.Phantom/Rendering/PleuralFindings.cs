using static Ark.Phantom.PortableMath;

namespace Ark.Phantom;

/// <summary>Paints what lies between lung and chest wall: fluid and air.</summary>
internal static class PleuralFindings
{
    /// <summary>Paints fluid on one side, sometimes on both.</summary>
    public static void Effusion(FindingCanvas canvas, RandomStream random)
    {
        var side = random.Chance(0.5) ? 1 : -1;
        Fluid(canvas, random, side);
        if (random.Chance(0.4)) Fluid(canvas, random, -side);
    }

    /// <summary>Paints a lung that has shrunk away from the chest wall.</summary>
    public static void Pneumothorax(FindingCanvas canvas, RandomStream random)
    {
        var (thorax, lungs, field) = (canvas.Thorax, canvas.Lungs, canvas.Field);
        var side = random.Chance(0.5) ? 1 : -1;
        var shrink = (float)random.Uniform(1.22, 1.7);
        var (middle, floor) = (3f, (float)random.Uniform(0.7, 0.95) * thorax.H);
        var dense = 0.6f * (shrink - 1);
        var map = new float[field.Free.Length];
        for (var i = 0; i < map.Length; i++)
        {
            var (x, y) = (side * lungs.X[i], lungs.Y[i]);
            if (x <= 0 || field.Lung[i] <= 0) continue;

            // A point lies in the shrunken lung if, blown up from the hilum's side and the base, it lies in the lung as it was.
            var ys = floor + ((y - floor) * shrink);
            var inside = Math.Min(thorax.Outer(Math.Min(ys, thorax.H)) - (middle + ((x - middle) * shrink)), 0.8f * ys);
            var free = 1 - Step(-0.15f, 0.15f, inside);
            field.Free[i] += free;
            field.Filled[i] += dense * (1 - free);
            var edge = 1 - Math.Min(1, Math.Abs(inside) / 0.3f);
            if (lungs.Above[i] > 0) field.Solid[i] += 0.45f * edge;
            if ((lungs.Left[i] | lungs.Right[i]) != 0) map[i] = free;
        }

        canvas.AddBox(PhantomFinding.Pneumothorax, map, 0.5f);
    }

    private static void Fluid(FindingCanvas canvas, RandomStream random, int side)
    {
        var (thorax, lungs, field) = (canvas.Thorax, canvas.Lungs, canvas.Field);
        var height = (float)random.Uniform(6, 13);
        var rise = (float)random.Uniform(1, 3);
        var dense = (float)random.Uniform(0.85, 1);
        var map = new float[field.Filled.Length];
        for (var i = 0; i < map.Length; i++)
        {
            var (x, y) = (side * lungs.X[i], lungs.Y[i]);
            if (x <= 0 || field.Lung[i] <= 0) continue;
            var (inner, outer) = (thorax.Inner(y, side > 0), thorax.Outer(y));
            var s = Math.Clamp((outer - x) / (outer - inner), 0f, 1f);
            var surface = thorax.H - height + (rise * s * (2 - s));
            var filled = dense * Step(-0.6f, 2.4f, y - surface);
            field.Filled[i] += filled;
            if ((lungs.Left[i] | lungs.Right[i]) != 0) map[i] = filled;
        }

        canvas.AddBox(PhantomFinding.PleuralEffusion, map, 0.3f);
    }
}
