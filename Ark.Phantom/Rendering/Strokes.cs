namespace Ark.Phantom;

/// <summary>
/// Paints projected tubes (ribs, vessels, wires): along a line of points, each ray gets the path through the thickest part that it meets.
/// </summary>
/// <param name="width">Columns.</param>
/// <param name="height">Rows.</param>
internal sealed class Strokes(int width, int height)
{
    private readonly float[] _scratch = new float[width * height];
    private int _left;
    private int _top;
    private int _right;
    private int _bottom;

    /// <summary>Adds a tube.</summary>
    /// <param name="points">The middle line, at least two points.</param>
    /// <param name="hollow">0 for a solid tube; else the inner radius' share, the inside counting half.</param>
    /// <param name="target">The buffer to add to.</param>
    /// <param name="mask">Is set to 255 where the tube is, if given.</param>
    public void Add(ReadOnlySpan<StrokePoint> points, float hollow, float[] target, byte[]? mask = null)
    {
        (_left, _top, _right, _bottom) = (width, height, -1, -1);
        for (var i = 1; i < points.Length; i++) Segment(points[i - 1], points[i], hollow);
        for (var y = _top; y <= _bottom; y++)
        {
            for (var i = (y * width) + _left; i <= (y * width) + _right; i++)
            {
                if (_scratch[i] <= 0) continue;
                target[i] += _scratch[i];
                if (mask is not null) mask[i] = 255;
                _scratch[i] = 0;
            }
        }
    }

    private void Segment(StrokePoint a, StrokePoint b, float hollow)
    {
        // A tube thinner than a pixel is painted a pixel wide and as much fainter.
        var reach = Math.Max(Math.Max(a.Radius, b.Radius), 0.6f);
        var x0 = Math.Max(0, (int)MathF.Ceiling(Math.Min(a.X, b.X) - reach));
        var x1 = Math.Min(width - 1, (int)MathF.Floor(Math.Max(a.X, b.X) + reach));
        var y0 = Math.Max(0, (int)MathF.Ceiling(Math.Min(a.Y, b.Y) - reach));
        var y1 = Math.Min(height - 1, (int)MathF.Floor(Math.Max(a.Y, b.Y) + reach));
        if (x0 > x1 || y0 > y1) return;
        (_left, _right) = (Math.Min(_left, x0), Math.Max(_right, x1));
        (_top, _bottom) = (Math.Min(_top, y0), Math.Max(_bottom, y1));
        var (dx, dy) = (b.X - a.X, b.Y - a.Y);
        var inverse = 1 / Math.Max((dx * dx) + (dy * dy), 1e-6f);
        for (var y = y0; y <= y1; y++)
        {
            for (var x = x0; x <= x1; x++)
            {
                var t = Math.Clamp((((x - a.X) * dx) + ((y - a.Y) * dy)) * inverse, 0f, 1f);
                var (ex, ey) = (x - a.X - (t * dx), y - a.Y - (t * dy));
                var radius = a.Radius + (t * (b.Radius - a.Radius));
                var wide = Math.Max(radius, 0.6f);
                var q = 1 - (((ex * ex) + (ey * ey)) / (wide * wide));
                if (q <= 0) continue;
                var path = MathF.Sqrt(q);
                if (hollow > 0)
                {
                    var h = q - 1 + (hollow * hollow);
                    if (h > 0) path -= 0.5f * MathF.Sqrt(h);
                }

                var thin = radius / wide;
                path *= (a.Path + (t * (b.Path - a.Path))) * thin * thin;
                ref var cell = ref _scratch[(y * width) + x];
                cell = Math.Max(cell, path);
            }
        }
    }
}
