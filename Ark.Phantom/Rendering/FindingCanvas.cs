namespace Ark.Phantom;

/// <summary>What a finding is painted on, and where its boxes are kept.</summary>
internal sealed class FindingCanvas(Thorax thorax, Projection projection, LungPainter lungs, RayField field, Strokes strokes)
{
    private readonly List<PhantomBox> _boxes = [];

    /// <summary>The thorax.</summary>
    public Thorax Thorax { get; } = thorax;

    /// <summary>The projection.</summary>
    public Projection Projection { get; } = projection;

    /// <summary>The lungs' outlines and coordinates.</summary>
    public LungPainter Lungs { get; } = lungs;

    /// <summary>The paths.</summary>
    public RayField Field { get; } = field;

    /// <summary>Paints tubes.</summary>
    public Strokes Strokes { get; } = strokes;

    /// <summary>The boxes so far.</summary>
    public IReadOnlyList<PhantomBox> Boxes => _boxes;

    /// <summary>Adds the box around what reaches a share of a map's peak.</summary>
    /// <param name="finding">The finding.</param>
    /// <param name="map">How strongly each pixel changes.</param>
    /// <param name="share">The share.</param>
    public void AddBox(PhantomFinding finding, ReadOnlySpan<float> map, float share)
    {
        var peak = 0f;
        foreach (var value in map) peak = Math.Max(peak, value);
        AddBox(finding, map, i => i >= share * peak && i > 0);
    }

    /// <summary>Adds the box around a mask.</summary>
    /// <param name="finding">The finding.</param>
    /// <param name="mask">0 outside.</param>
    public void AddBox(PhantomFinding finding, ReadOnlySpan<byte> mask) => AddBox(finding, mask, static i => i > 0);

    /// <summary>A place in aerated lung, away from its borders.</summary>
    /// <param name="random">The finding's stream.</param>
    /// <param name="side">1 left, -1 right, 0 either.</param>
    /// <param name="margin">The least distance from the border, in cm.</param>
    /// <param name="highest">The least height, as a share of the lung's.</param>
    /// <returns>The column and row, and pixels per cm.</returns>
    public (float X, float Y, float Scale) Spot(RandomStream random, int side, double margin, double highest = 0.08)
    {
        var best = (X: 0f, Y: 0f, Scale: 1f);
        var most = -1;
        for (var attempt = 0; attempt < 60; attempt++)
        {
            var s = side != 0 ? side : random.Chance(0.5) ? 1 : -1;
            var y = Thorax.H * random.Uniform(highest, 0.9);
            var inner = Thorax.Inner((float)y, s > 0);
            var x = s * random.Uniform(inner, Thorax.Outer((float)y));
            var place = Projection.Project(x, y, 0);
            var inside = 0;
            for (var k = 0; k < 8; k++)
            {
                var (dx, dy) = Directions[k];
                if (IsLung(place.X + (float)(dx * margin * place.Scale), place.Y + (float)(dy * margin * place.Scale))) inside++;
            }

            if (inside <= most || !IsLung(place.X, place.Y)) continue;
            (most, best) = (inside, place);
            if (inside == 8) break;
        }

        return best;
    }

    private static readonly (double X, double Y)[] Directions =
        [(1, 0), (-1, 0), (0, 1), (0, -1), (0.7, 0.7), (-0.7, 0.7), (0.7, -0.7), (-0.7, -0.7)];

    private bool IsLung(float x, float y)
    {
        var (column, row) = ((int)MathF.Floor(x + 0.5f), (int)MathF.Floor(y + 0.5f));
        if (column < 0 || row < 0 || column >= Field.Width || row >= Field.Height) return false;
        var i = (row * Field.Width) + column;
        return (Lungs.Left[i] | Lungs.Right[i]) != 0 && Field.Lung[i] > 3;
    }

    private void AddBox<T>(PhantomFinding finding, ReadOnlySpan<T> map, Predicate<T> inside)
    {
        var (left, top, right, bottom) = (Field.Width, Field.Height, -1, -1);
        for (var i = 0; i < map.Length; i++)
        {
            if (!inside(map[i])) continue;
            var (x, y) = (i % Field.Width, i / Field.Width);
            (left, right, top, bottom) = (Math.Min(left, x), Math.Max(right, x), Math.Min(top, y), Math.Max(bottom, y));
        }

        if (right >= 0) _boxes.Add(new PhantomBox(finding, left, top, right - left + 1, bottom - top + 1));
    }
}
