using System.Globalization;
using System.Net;
using System.Text;

namespace Ark.Training;

/// <summary>
/// Draws lines as inline SVG with title and description for those who cannot see it; colours and dashes come from the page's style.
/// </summary>
internal static class SvgChart
{
    private const int Width = 460;
    private const int Height = 250;
    private const int Left = 62;
    private const int Right = 12;
    private const int Top = 12;
    private const int Bottom = 34;
    private const int Styles = 8;

    /// <summary>Draws one chart as a figure; nothing where no line has a point.</summary>
    /// <param name="html">Receives it.</param>
    /// <param name="id">A name that is unique in the page.</param>
    /// <param name="title">What it shows.</param>
    /// <param name="axis">What x is.</param>
    /// <param name="lines">The lines.</param>
    public static void Append(StringBuilder html, string id, string title, string axis, IReadOnlyList<ChartLine> lines)
    {
        var drawn = lines.Where(l => l.Points.Count > 0).ToList();
        if (drawn.Count == 0) return;
        var all = drawn.SelectMany(l => l.Points).ToList();
        var xs = AxisTicks.For(all.Min(p => p.X), all.Max(p => p.X), 6, smallest: 1);
        var ys = AxisTicks.For(all.Min(p => p.Y), all.Max(p => p.Y), 5);
        double X(double x) => Left + ((x - xs[0]) / (xs[^1] - xs[0]) * (Width - Left - Right));
        double Y(double y) => Height - Bottom - ((y - ys[0]) / (ys[^1] - ys[0]) * (Height - Top - Bottom));
        html.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{Text(title)}</figcaption><svg viewBox=\"0 0 {Width} {Height}\" "
            + $"role=\"img\" aria-labelledby=\"{id}-t {id}-d\">");
        html.Append(
            CultureInfo.InvariantCulture,
            $"<title id=\"{id}-t\">{Text(title)}</title><desc id=\"{id}-d\">{Text(Description(axis, drawn))}</desc><g class=\"grid\">");
        foreach (var y in ys)
            html.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(y):F1}\" y2=\"{Y(y):F1}\"/>");
        html.Append("</g><g class=\"ticks\">");
        foreach (var y in ys)
            html.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 6}\" y=\"{Y(y) + 4:F1}\" text-anchor=\"end\">{Tick(y)}</text>");
        foreach (var x in xs)
            html.Append(
                CultureInfo.InvariantCulture,
                $"<text x=\"{X(x):F1}\" y=\"{Height - Bottom + 15}\" text-anchor=\"middle\">{Tick(x)}</text>");
        html.Append(
            CultureInfo.InvariantCulture,
            $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 4}\" text-anchor=\"middle\">{Text(axis)}</text></g>");
        for (var i = 0; i < drawn.Count; i++)
        {
            var points = string.Join(
                ' ', drawn[i].Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.X):F1},{Y(p.Y):F1}")));
            html.Append(CultureInfo.InvariantCulture, $"<polyline class=\"line s{i % Styles}\" points=\"{points}\"/>");
            // Points of a long run would only thicken the line.
            if (drawn[i].Points.Count > 60) continue;
            foreach (var (x, y) in drawn[i].Points)
                html.Append(CultureInfo.InvariantCulture, $"<circle class=\"dot s{i % Styles}\" cx=\"{X(x):F1}\" cy=\"{Y(y):F1}\" "
                    + $"r=\"2.4\"><title>{Text(drawn[i].Name)}, {Text(axis)} {x:G5}: {y:G5}</title></circle>");
        }

        html.Append("</svg><ul class=\"legend\">");
        for (var i = 0; i < drawn.Count; i++)
            html.Append(CultureInfo.InvariantCulture, $"<li><svg viewBox=\"0 0 26 8\" aria-hidden=\"true\"><line class=\"line "
                + $"s{i % Styles}\" x1=\"0\" x2=\"26\" y1=\"4\" y2=\"4\"/></svg>{Text(drawn[i].Name)}</li>");
        html.Append("</ul></figure>");
    }

    private static string Description(
        string axis, List<ChartLine> lines) => string.Join("; ", lines.Select(l => string.Create(CultureInfo.InvariantCulture,
        $"{l.Name}: from {l.Points[0].Y:G4} at {axis} {l.Points[0].X:G5} to {l.Points[^1].Y:G4} at {axis} {l.Points[^1].X:G5}"))) + ".";

    // Ticks are computed by multiplication: rounding takes its dust away.
    private static string Tick(double value) => Math.Abs(value) < 1e-12 ? "0" : value.ToString("G4", CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
