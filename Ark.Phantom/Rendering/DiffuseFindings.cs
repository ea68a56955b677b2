using static Ark.Phantom.PortableMath;

namespace Ark.Phantom;

/// <summary>Paints what changes whole lungs, and boxes what changed the thorax' shape.</summary>
internal static class DiffuseFindings
{
    /// <summary>Boxes an enlarged heart; <see cref="Thorax"/> has enlarged it.</summary>
    public static void Cardiomegaly(FindingCanvas canvas, RandomStream random) =>
        canvas.AddBox(PhantomFinding.Cardiomegaly, canvas.Lungs.Heart);

    /// <summary>Paints bullae, and boxes the lungs; <see cref="Thorax"/> has inflated them.</summary>
    public static void Emphysema(FindingCanvas canvas, RandomStream random)
    {
        var field = canvas.Field;
        var bullae = 3 + random.NextInt32(5);
        for (var k = 0; k < bullae; k++)
        {
            var (x, y, scale) = canvas.Spot(random, 0, 0.8);
            var radius = (float)random.Uniform(1.2, 2.4) * scale;
            for (var i = 0; i < field.Free.Length; i++)
            {
                var (dx, dy) = ((i % field.Width) - x, (i / field.Width) - y);
                var q = 1 - (((dx * dx) + (dy * dy)) / (radius * radius));
                if (q > 0) field.Free[i] += 0.8f * MathF.Sqrt(q);
            }
        }

        canvas.AddBox(PhantomFinding.Emphysema, canvas.Lungs.Left);
        canvas.AddBox(PhantomFinding.Emphysema, canvas.Lungs.Right);
    }

    /// <summary>Paints a haze around both hila.</summary>
    public static void Edema(FindingCanvas canvas, RandomStream random)
    {
        var (thorax, lungs, field) = (canvas.Thorax, canvas.Lungs, canvas.Field);
        var strength = (float)random.Uniform(0.3, 0.55);
        var uneven = (float)random.Uniform(-0.25, 0.25);
        var reach = (float)random.Uniform(6.5, 9);
        var texture = new SmoothNoise(random, field.Width, field.Height, 2.4 / canvas.Projection.Pitch, 3);
        var map = new float[field.Filled.Length];
        for (var i = 0; i < map.Length; i++)
        {
            if (field.Lung[i] <= 0) continue;
            var (x, y) = (Math.Abs(lungs.X[i]) - 4.2f, (lungs.Y[i] - (0.52f * thorax.H)) * 0.8f);
            var q = Math.Max(0, 1 - (((x * x) + (y * y)) / (reach * reach)));
            var side = lungs.X[i] > 0 ? 1 + uneven : 1 - uneven;
            map[i] = Math.Max(0, strength * side * q * (1 + (0.5f * texture.At(i % field.Width, i / field.Width))));
            field.Filled[i] += map[i];
            if ((lungs.Left[i] | lungs.Right[i]) == 0) map[i] = 0;
        }

        canvas.AddBox(PhantomFinding.Edema, map, 0.25f);
    }

    /// <summary>Paints a net of fine lines, densest at the base and the chest wall.</summary>
    public static void Fibrosis(FindingCanvas canvas, RandomStream random)
    {
        var (thorax, lungs, field) = (canvas.Thorax, canvas.Lungs, canvas.Field);
        var strength = (float)random.Uniform(7, 11);
        var apical = random.Chance(0.2);
        var net = new SmoothNoise(random, field.Width, field.Height, 2.6 / canvas.Projection.Pitch, 2);
        var map = new float[field.Solid.Length];
        for (var i = 0; i < map.Length; i++)
        {
            if (field.Lung[i] <= 0) continue;
            var (x, y) = (Math.Abs(lungs.X[i]), lungs.Y[i]);
            var height = Step(0.2f, 0.75f, apical ? 0.8f - (y / thorax.H) : y / thorax.H);
            var weight = height * (0.35f + (0.65f * Step(0.35f, 0.95f, x / thorax.Outer(y))));
            var line = Math.Max(0, 1 - (1.8f * Math.Abs(net.At(i % field.Width, i / field.Width))));
            var path = strength * weight * line;
            field.Solid[i] += path;
            field.Filled[i] += 0.12f * weight;
            if ((lungs.Left[i] | lungs.Right[i]) != 0) map[i] = path;
        }

        canvas.AddBox(PhantomFinding.Fibrosis, map, 0.3f);
    }
}
