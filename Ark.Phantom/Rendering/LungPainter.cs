namespace Ark.Phantom;

/// <summary>Paints the lungs' paths, less the heart's, and knows the outlines of lungs and heart.</summary>
internal sealed class LungPainter
{
    private readonly Thorax _thorax;
    private readonly ProjectedPlane _plane;
    private readonly ProjectedPlane _heart;

    /// <summary>Sets the painter up.</summary>
    /// <param name="thorax">The thorax.</param>
    /// <param name="projection">The projection.</param>
    public LungPainter(Thorax thorax, Projection projection)
    {
        _thorax = thorax;
        _plane = projection.Plane(0);
        _heart = projection.Plane(thorax.HeartZ);
        var size = projection.Width * projection.Height;
        (Left, Right, Heart) = (new byte[size], new byte[size], new byte[size]);
        (X, Y, Above) = (new float[size], new float[size], new float[size]);
    }

    /// <summary>The left lung's mask.</summary>
    public byte[] Left { get; }

    /// <summary>The right lung's mask.</summary>
    public byte[] Right { get; }

    /// <summary>The heart's mask.</summary>
    public byte[] Heart { get; }

    /// <summary>The patient's x at the lungs' depth, by pixel.</summary>
    public float[] X { get; }

    /// <summary>The patient's y at the lungs' depth, by pixel.</summary>
    public float[] Y { get; }

    /// <summary>How far above the diaphragm a pixel of the lung lies, in cm.</summary>
    public float[] Above { get; }

    /// <summary>Paints the lungs.</summary>
    /// <param name="field">Receives the paths.</param>
    /// <param name="random">The picture's stream for lung texture.</param>
    /// <param name="pitch">A pixel's size in cm.</param>
    public void Paint(RayField field, RandomStream random, double pitch)
    {
        var texture = new SmoothNoise(random, field.Width, field.Height, 2.2 / pitch, 3);
        for (var row = 0; row < field.Height; row++)
        {
            for (var column = 0; column < field.Width; column++)
            {
                var i = (row * field.Width) + column;
                var (x, y) = (X[i], Y[i]) = (_plane.X(column, row), _plane.Y(column, row));
                var heart = _thorax.Heart.Path(_heart.X(column, row), _heart.Y(column, row));
                if (heart > 0) Heart[i] = 255;
                var path = _thorax.LungPath(x, y, out var above);
                if (path <= 0) continue;
                Above[i] = above;
                if (above > 0 && heart <= 0) (x > 0 ? Left : Right)[i] = 255;
                path = Math.Max(0, path - heart);
                field.Lung[i] = path * (1 - (0.02f * texture.At(column, row)));
            }
        }
    }
}
