namespace Ark.Phantom;

/// <summary>
/// A smooth random field: random values at the corners of a grid, blended between them, several grids of halved size summed.
/// </summary>
internal sealed class SmoothNoise
{
    private readonly (float Step, int Columns, float[] Values)[] _octaves;

    /// <summary>Draws a field.</summary>
    /// <param name="random">The stream.</param>
    /// <param name="width">Columns of the picture.</param>
    /// <param name="height">Rows of the picture.</param>
    /// <param name="cell">The coarsest grid's size, in pixels.</param>
    /// <param name="octaves">How many grids.</param>
    public SmoothNoise(RandomStream random, int width, int height, double cell, int octaves)
    {
        _octaves = new (float, int, float[])[octaves];
        for (var k = 0; k < octaves; k++)
        {
            var size = Math.Max(cell / (1 << k), 1);
            var (columns, rows) = ((int)(width / size) + 3, (int)(height / size) + 3);
            var values = new float[columns * rows];
            for (var i = 0; i < values.Length; i++) values[i] = PortableMath.Bell(random.NextUInt64());
            _octaves[k] = ((float)(1 / size), columns, values);
        }
    }

    /// <summary>The field's value.</summary>
    /// <param name="x">The column.</param>
    /// <param name="y">The row.</param>
    /// <returns>About -2 to 2, around 0.</returns>
    public float At(float x, float y)
    {
        var (sum, weight) = (0f, 1f);
        foreach (var (step, columns, values) in _octaves)
        {
            sum += weight * Blend(x * step, y * step, columns, values);
            weight *= 0.5f;
        }

        return sum;
    }

    private static float Blend(float x, float y, int columns, float[] values)
    {
        var (i, j) = ((int)x, (int)y);
        var (u, v) = (x - i, y - j);
        (u, v) = (u * u * (3 - (2 * u)), v * v * (3 - (2 * v)));
        var at = (j * columns) + i;
        var top = values[at] + (u * (values[at + 1] - values[at]));
        var bottom = values[at + columns] + (u * (values[at + columns + 1] - values[at + columns]));
        return top + (v * (bottom - top));
    }
}
