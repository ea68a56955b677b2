using System.Runtime.InteropServices;

namespace Ark.Training;

/// <summary>One line of a chart.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points, by x; none is NaN.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ChartLine(string Name, IReadOnlyList<(double X, double Y)> Points);
