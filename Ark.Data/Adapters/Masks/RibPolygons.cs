namespace Ark.Data;

/// <summary>Masks as outlines. A pixel belongs to a rib where its centre lies within the outline (even-odd rule).</summary>
/// <param name="list">The file of the outlines.</param>
/// <param name="key">The image's key in it.</param>
/// <param name="outlines">The outlines of each structure.</param>
internal sealed class RibPolygons(string list, string key, IReadOnlyList<IReadOnlyList<RibOutline>> outlines) : MaskSource
{
    public override string Name => $"{list}, key '{key}'";

    internal override IEnumerable<(string Name, float[] Values)> Origin =>
        outlines.SelectMany((
            ribs, k) => ribs.Select(r => (key, (float[])[k, .. r.Points.SelectMany(p => new[] { (float)p.X, (float)p.Y })])));

    public override StructureMap Load(IImageDecoder decoder, int width, int height)
    {
        var map = new StructureMap(width, height);
        for (var k = 0; k < outlines.Count; k++)
        {
            foreach (var outline in outlines[k])
            {
                Check(outline, width, height);
                Fill(map, k, outline.Points);
            }
        }

        return map;
    }

    private void Check(RibOutline outline, int width, int height)
    {
        for (var i = 0; i < outline.Points.Length; i++)
        {
            var (x, y) = outline.Points[i];
            if (x >= 0 && y >= 0 && x <= width && y <= height) continue;
            throw new ArkInputException(list, $"'{outline.Rib}', key '{key}', point {i + 1}", FormattableString.Invariant(
                $"lies at ({x}, {y}), outside the image of {width}x{height} pixels"),
                "Correct the outline, or put the image there that it was drawn on.");
        }
    }

    private static void Fill(StructureMap map, int structure, (double X, double Y)[] points)
    {
        var crossings = new List<double>();
        var top = Math.Max(0, (int)points.Min(p => p.Y) - 1);
        var bottom = Math.Min(map.Height - 1, (int)points.Max(p => p.Y) + 1);
        for (var y = top; y <= bottom; y++)
        {
            crossings.Clear();
            for (var i = 0; i < points.Length; i++)
            {
                var (a, b) = (points[i], points[(i + 1) % points.Length]);
                // Coordinates are those of pixel centres. Half-open, so that a corner counts once.
                if ((a.Y <= y) != (b.Y <= y)) crossings.Add(a.X + ((y - a.Y) / (b.Y - a.Y) * (b.X - a.X)));
            }

            crossings.Sort();
            for (var i = 0; i + 1 < crossings.Count; i += 2)
            {
                var last = Math.Min(map.Width - 1, (int)Math.Floor(crossings[i + 1]));
                for (var x = Math.Max(0, (int)Math.Ceiling(crossings[i])); x <= last; x++) map.Add(structure, (y * map.Width) + x);
            }
        }
    }
}
