using System.Globalization;
using System.Net;
using System.Text;

namespace Ark.Evaluation;

/// <summary>
/// Renders probes as one HTML page that needs nothing else: figures with intervals, comparisons, and few-shot curves as SVG.
/// </summary>
internal static class ProbeReport
{
    private const string Style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em;color:#222}h1{font-size:1.4em}
        h2{font-size:1.1em;margin-top:2em}
        table{border-collapse:collapse}td,th{border-bottom:1px solid #ddd;padding:.25em .8em;text-align:right}
        td:first-child,th:first-child{text-align:left}svg{background:#fafafa;border:1px solid #e5e5e5}
        """;

    private static readonly string[] Colors = ["#1b6ca8", "#c8553d", "#4d8b31", "#8e5ea2", "#c99700", "#3aa6a6"];

    public static string Render(ProbeResult result)
    {
        var features = result.Features;
        var html = new StringBuilder("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Ark probe</title><style>").Append(
            Style).Append("</style><h1>Linear probes of ").Append(Text(result.Dataset))
            .Append("</h1><p>Logistic regression, its penalty chosen on validation. Test AUROC with 95 % bootstrap "
                + "intervals.</p><table><tr><th>features<th>numbers<th>penalty<th>mean AUROC<th>95 %</tr>");
        foreach (var probed in features)
        {
            var interval = probed.Evaluation.Intervals.TryGetValue("mean_auroc", out var found)
                ? string.Create(CultureInfo.InvariantCulture, $"{found.Low:F3}–{found.High:F3}")
                : "";
            html.Append(
                CultureInfo.InvariantCulture,
                $"<tr><td>{Text(probed.Name)}<td>{probed.Width}<td>{probed.Penalty:G2}<td>{probed.Evaluation.MeanAuroc:F3}"
                    + $"<td>{interval}</tr>");
        }

        html.Append("</table>");
        if (features.Count > 1) AppendComparisons(html, features);
        if (features.Any(f => f.Curve.Count > 0)) AppendCurves(html, features);
        return html.Append("</html>\n").ToString();
    }

    private static void AppendComparisons(StringBuilder html, IReadOnlyList<ProbedFeatures> features)
    {
        html.Append(
            "<h2>Paired comparisons on the same test images</h2><table><tr><th>first<th>second<th>difference of mean AUROC<th>95 %</tr>");
        foreach (var probed in features.Where(f => f.Comparison is not null))
        {
            var comparison = probed.Comparison!;
            var interval = comparison.MeanInterval is { } found
                ? string.Create(CultureInfo.InvariantCulture, $"{found.Low:+0.000;-0.000} to {found.High:+0.000;-0.000}")
                : "";
            html.Append(
                CultureInfo.InvariantCulture,
                $"<tr><td>{Text(features[0].Name)}<td>{Text(probed.Name)}"
                    + $"<td>{comparison.FirstMeanAuroc - comparison.SecondMeanAuroc:+0.000;-0.000}<td>{interval}</tr>");
        }

        html.Append("</table>");
    }

    private static void AppendCurves(StringBuilder html, IReadOnlyList<ProbedFeatures> results)
    {
        const int width = 720, height = 380, left = 50, bottom = 40, top = 14;
        var points = results.SelectMany(r => r.Curve).ToList();
        var (first, last) = (Math.Log2(points.Min(p => p.Shots)), Math.Log2(points.Max(p => p.Shots)));
        var low = Math.Min(0.5, points.Min(p => p.Interval.Low));
        double X(double shots) => left + ((Math.Log2(shots) - first) / Math.Max(last - first, 1e-9) * (width - left - 20));
        double Y(double auroc) => top + ((1 - auroc) / (1 - low) * (height - bottom - top));
        html.Append(CultureInfo.InvariantCulture, $"<h2>With few training images of each class</h2><p>Mean over draws; bars hold 95 % of "
            + $"them.</p><svg width=\"{width}\" height=\"{height}\" font-size=\"12\" role=\"img\" aria-label=\"few-shot curves\">");
        for (var auroc = Math.Ceiling(low * 10) / 10; auroc <= 1.0001; auroc += 0.1)
            html.Append(CultureInfo.InvariantCulture, $"<line x1=\"{left}\" x2=\"{width - 20}\" y1=\"{Y(auroc):F1}\" y2=\"{Y(auroc):F1}\" "
                + $"stroke=\"#ddd\"/><text x=\"14\" y=\"{Y(auroc) + 4:F1}\">{auroc:F1}</text>");
        foreach (var shots in points.Select(p => p.Shots).Distinct().Order())
            html.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(shots) - 6:F1}\" y=\"{height - 18}\">{shots}</text>");
        html.Append(CultureInfo.InvariantCulture, $"<text x=\"{width / 2 - 60}\" y=\"{height - 3}\">images of each class</text>");
        for (var r = 0; r < results.Count; r++)
        {
            var color = Colors[r % Colors.Length];
            var path = string.Join(
                ' ', results[r].Curve.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.Shots):F1},{Y(p.Mean):F1}")));
            html.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" points=\"{path}\"/>");
            foreach (var point in results[r].Curve)
            {
                // Beside each other, so that bars of several sources can be told apart.
                var x = X(point.Shots) + (3 * (r - ((results.Count - 1) / 2.0)));
                html.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x:F1}\" x2=\"{x:F1}\" y1=\"{Y(point.Interval.Low):F1}\" "
                    + $"y2=\"{Y(point.Interval.High):F1}\" stroke=\"{color}\"/><circle cx=\"{x:F1}\" cy=\"{Y(point.Mean):F1}\" r=\"3\" "
                    + $"fill=\"{color}\"/>");
            }
        }

        html.Append("</svg><p>");
        for (var r = 0; r < results.Count; r++)
            html.Append(
                CultureInfo.InvariantCulture, $"<span style=\"color:{Colors[r % Colors.Length]}\">■</span> {Text(results[r].Name)} ");
        html.Append("</p>");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
