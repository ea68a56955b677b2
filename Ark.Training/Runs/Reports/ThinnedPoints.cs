using System.Runtime.InteropServices;

namespace Ark.Training;

/// <summary>
/// Points of a line as they come, in memory that does not grow with their number: beyond what a chart can show, neighbours are put
/// together, and of each group the least and the greatest stay, so that no peak is lost.
/// </summary>
internal sealed class ThinnedPoints
{
    /// <summary>The points that a line has at most: two of each group, the first and the last.</summary>
    public const int Most = (2 * MaxGroups) + 2;

    private const int MaxGroups = 512;

    private readonly List<Group> _groups = [];
    private Point _last;
    private long _count;
    private long _groupSize = 1;
    private long _inLastGroup;

    /// <summary>Adds a point behind the others; one that is no number has no place in a chart.</summary>
    public void Add(double x, double y)
    {
        if (!double.IsFinite(x) || !double.IsFinite(y)) return;
        _last = new Point(_count++, x, y);
        var alone = new Group(_last, _last);
        if (_groups.Count > 0 && _inLastGroup < _groupSize)
        {
            _groups[^1] = _groups[^1].With(alone);
            _inLastGroup++;
            return;
        }

        if (_groups.Count == MaxGroups) Halve();
        _groups.Add(alone);
        _inLastGroup = 1;
    }

    /// <summary>The points that are left, in the order in which they came.</summary>
    public List<(double X, double Y)> ToList()
    {
        if (_count == 0) return [];
        var first = _groups[0].First;
        return [.. _groups
            .SelectMany(g => g.Points)
            .Prepend(first)
            .Append(_last)
            .DistinctBy(p => p.Number)
            .OrderBy(p => p.Number)
            .Select(p => (p.X, p.Y))];
    }

    private void Halve()
    {
        for (var i = 0; i < MaxGroups / 2; i++) _groups[i] = _groups[2 * i].With(_groups[(2 * i) + 1]);
        _groups.RemoveRange(MaxGroups / 2, MaxGroups / 2);
        _groupSize *= 2;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Point(long Number, double X, double Y);

    private sealed record Group(Point Low, Point High)
    {
        public Point First { get; init; } = Low;

        public IEnumerable<Point> Points => [Low, High];

        public Group With(Group later) =>
            new(later.Low.Y < Low.Y ? later.Low : Low, later.High.Y > High.Y ? later.High : High) { First = First };
    }
}
