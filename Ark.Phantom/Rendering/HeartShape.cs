namespace Ark.Phantom;

/// <summary>The heart: a tilted ellipsoid, and the right atrium as a smaller one.</summary>
internal sealed class HeartShape
{
    private readonly float _cos;
    private readonly float _sin;
    private readonly float _long;
    private readonly float _short;
    private readonly float _depth;
    private readonly float _atriumX;
    private readonly float _atriumY;
    private readonly float _atriumRadius;

    /// <summary>Shapes a heart of a given width.</summary>
    /// <param name="halfWidth">Half the silhouette's width.</param>
    /// <param name="x">The centre of the silhouette's width.</param>
    /// <param name="y">The centre's height.</param>
    /// <param name="tilt">The long axis' angle below the horizontal.</param>
    /// <param name="depth">Half the depth.</param>
    public HeartShape(double halfWidth, double x, double y, double tilt, double depth)
    {
        (X, Y, HalfWidth) = ((float)x, (float)y, (float)halfWidth);
        (_cos, _sin) = ((float)PortableMath.Cos(tilt), (float)PortableMath.Sin(tilt));

        // The short axis is 0.78 of the long one; a tilted ellipse reaches sqrt((a cos)² + (b sin)²) to the sides.
        _long = (float)(halfWidth / Math.Sqrt((_cos * _cos) + (0.78 * 0.78 * _sin * _sin)));
        _short = 0.78f * _long;
        _depth = (float)depth;
        _atriumRadius = 0.56f * HalfWidth;
        (_atriumX, _atriumY) = (X - HalfWidth + _atriumRadius, Y + (0.02f * HalfWidth));
    }

    /// <summary>The centre's distance from the midline.</summary>
    public float X { get; }

    /// <summary>The centre's height.</summary>
    public float Y { get; }

    /// <summary>Half the silhouette's width.</summary>
    public float HalfWidth { get; }

    /// <summary>A ray's path through the heart.</summary>
    /// <param name="x">Distance from the midline.</param>
    /// <param name="y">The height.</param>
    /// <returns>The path, 0 outside.</returns>
    public float Path(float x, float y)
    {
        var (dx, dy) = (x - X, y - Y);
        if (Math.Abs(dx) > HalfWidth * 1.05f || Math.Abs(dy) > _long) return 0;
        var (a, b) = (((dx * _cos) + (dy * _sin)) / _long, ((dy * _cos) - (dx * _sin)) / _short);
        var main = 1 - (a * a) - (b * b);
        var (ex, ey) = ((x - _atriumX) / _atriumRadius, (y - _atriumY) / (_atriumRadius * 1.25f));
        var atrium = 1 - (ex * ex) - (ey * ey);
        return 2 * _depth * Math.Max(main > 0 ? MathF.Sqrt(main) : 0, atrium > 0 ? 0.8f * MathF.Sqrt(atrium) : 0);
    }
}
