using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Ark.Training;

/// <summary>Renders a finished run as one HTML page that needs nothing else: curves as SVG, figures as tables.</summary>
internal static class TrainingReport
{
    private const string Style = """
        body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}
        h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}table{border-collapse:collapse}
        td,th{border-bottom:1px solid #ddd;padding:.25em .8em;text-align:right}td:first-child,th:first-child{text-align:left}
        figure{display:inline-block;margin:0 1em 1em 0}figcaption{font-size:.9em;color:#555}svg{background:#fafafa;border:1px solid #e5e5e5}
        """;

    private static readonly string[] Colours = ["#1b6ca8", "#c8553d", "#4d8b31", "#8e5ea2", "#c99700", "#3aa6a6", "#7a5c3e", "#555555"];

    public static string Render(TrainingRun run, TrainingResult result, RunDirectory directory)
    {
        var metrics = directory.ReadMetrics().ToList();
        var html = new StringBuilder("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Ark run</title><style>").Append(Style).Append("</style><h1>Ark: accruing knowledge over ")
            .Append(run.Datasets.Count).Append(" datasets</h1>");
        html.Append("<p>Test AUROC at the end of the run. The baseline is a logistic regression on 32 × 32 pixels; chance is 0.5.</p>");
        AppendSummary(html, run, result);
        html.Append("<h2>Curves</h2>");
        AppendCurve(html, "Task loss (train)", Series(metrics, "pass", "task_loss"));
        AppendCurve(html, "Validation loss (student)", Series(metrics, "validation", "loss"));
        AppendCurve(html, "Consistency loss", Series(metrics, "pass", "consistency_loss"));
        AppendCurve(html, "Mean test AUROC, teacher", Series(metrics.Where(m => (string?)m["weights"] == "teacher"), "evaluation", "mean_auroc"));
        AppendCurve(html, "Mean test AUROC, student", Series(metrics.Where(m => (string?)m["weights"] == "student"), "evaluation", "mean_auroc"));
        AppendCurve(html, "Learning rate", Single(metrics, "lr"));
        AppendCurve(html, "Teacher momentum", Single(metrics, "momentum"));
        AppendCurve(html, "Consistency weight", Single(metrics, "consistency_weight"));
        foreach (var dataset in run.Datasets) AppendLabels(html, dataset.Name, result);
        AppendMemory(html, result);
        AppendOptions(html, run);
        return html.Append("</html>\n").ToString();
    }

    private static void AppendSummary(StringBuilder html, TrainingRun run, TrainingResult result)
    {
        html.Append("<table><tr><th>dataset<th>chance<th>pixel baseline<th>student<th>teacher<th>accuracy, teacher<th>test images</tr>");
        foreach (var dataset in run.Datasets)
        {
            var student = Of(result.Evaluations, dataset.Name, ModelRole.Student);
            var teacher = Of(result.Evaluations, dataset.Name, ModelRole.Teacher);
            var baseline = result.PixelBaselines.FirstOrDefault(e => e.Dataset == dataset.Name);
            html.Append("<tr><td>").Append(Text(dataset.Name)).Append("<td>0.500<td>").Append(Figure(baseline?.MeanAuroc)).Append("<td>").Append(Figure(student?.MeanAuroc))
                .Append("<td><b>").Append(Figure(teacher?.MeanAuroc)).Append("</b><td>").Append(Figure(teacher?.Accuracy)).Append("<td>").Append(teacher?.Images).Append("</tr>");
        }

        html.Append("</table>");
    }

    private static void AppendLabels(StringBuilder html, string dataset, TrainingResult result)
    {
        var student = Of(result.Evaluations, dataset, ModelRole.Student);
        var teacher = Of(result.Evaluations, dataset, ModelRole.Teacher);
        if (student is null || teacher is null) return;
        html.Append("<h2>").Append(Text(dataset)).Append("</h2><table><tr><th>label<th>positives<th>negatives<th>student<th>teacher</tr>");
        foreach (var (s, t) in student.Labels.Zip(teacher.Labels))
        {
            html.Append("<tr><td>").Append(Text(t.Name)).Append("<td>").Append(t.Positives).Append("<td>").Append(t.Negatives)
                .Append("<td>").Append(Figure(s.Auroc)).Append("<td>").Append(Figure(t.Auroc)).Append("</tr>");
        }

        html.Append("</table>");
    }

    private static void AppendMemory(StringBuilder html, TrainingResult result)
    {
        html.Append("<h2>Memory</h2><table><tr><th>after epoch<th>resident, MB<th>peak, MB</tr>");
        foreach (var reading in result.Memory)
            html.Append("<tr><td>").Append(reading.Epoch).Append("<td>").Append(reading.ResidentBytes >> 20).Append("<td>").Append(reading.PeakBytes >> 20).Append("</tr>");
        html.Append("</table>");
    }

    private static void AppendOptions(StringBuilder html, TrainingRun run)
    {
        html.Append("<h2>Options</h2><table>");
        foreach (var setting in TrainingSettings.All)
            html.Append("<tr><td>").Append(setting.Name).Append("<td>").Append(Text(setting.Format(run.Options) ?? "default")).Append("</tr>");
        html.Append("</table>");
    }

    private static IEnumerable<(string Name, List<(double X, double Y)> Points)> Series(IEnumerable<JsonObject> metrics, string kind, string field) =>
        metrics.Where(m => (string?)m["event"] == kind && m[field] is not null).GroupBy(m => (string)m["dataset"]!)
            .Select(g => (g.Key, g.Select(m => ((double)m["epoch"]!, (double)m[field]!)).ToList()));

    private static IEnumerable<(string Name, List<(double X, double Y)> Points)> Single(IEnumerable<JsonObject> metrics, string field) =>
        [(field.Replace('_', ' '), metrics.Where(m => m[field] is not null).Select((m, i) => ((double)i, (double)m[field]!)).ToList())];

    private static void AppendCurve(StringBuilder html, string title, IEnumerable<(string Name, List<(double X, double Y)> Points)> series)
    {
        const int width = 440, height = 220, left = 52, bottom = 24;
        var all = series.Where(s => s.Points.Count > 0).ToList();
        if (all.Count == 0) return;
        var points = all.SelectMany(s => s.Points).ToList();
        var (x0, x1, y0, y1) = (points.Min(p => p.X), points.Max(p => p.X), points.Min(p => p.Y), points.Max(p => p.Y));
        double X(double x) => left + ((x - x0) / Math.Max(x1 - x0, 1e-12) * (width - left - 10));
        double Y(double y) => height - bottom - ((y - y0) / Math.Max(y1 - y0, 1e-12) * (height - bottom - 12));
        html.Append(CultureInfo.InvariantCulture, $"<figure><figcaption>{Text(title)}</figcaption><svg width=\"{width}\" height=\"{height}\" font-size=\"11\">");
        html.Append(CultureInfo.InvariantCulture, $"<text x=\"4\" y=\"16\">{y1:G3}</text><text x=\"4\" y=\"{height - bottom}\">{y0:G3}</text>");
        html.Append(CultureInfo.InvariantCulture, $"<text x=\"{left}\" y=\"{height - 6}\">{x0:G4}</text><text x=\"{width - 40}\" y=\"{height - 6}\">{x1:G4}</text>");
        for (var i = 0; i < all.Count; i++)
        {
            var path = string.Join(' ', all[i].Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.X):F1},{Y(p.Y):F1}")));
            html.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{Colours[i % Colours.Length]}\" stroke-width=\"1.8\" points=\"{path}\"/>");
        }

        html.Append("</svg><div>");
        for (var i = 0; i < all.Count; i++)
            html.Append(CultureInfo.InvariantCulture, $"<span style=\"color:{Colours[i % Colours.Length]}\">■</span> {Text(all[i].Name)} ");
        html.Append("</div></figure>");
    }

    private static DatasetEvaluation? Of(IReadOnlyList<DatasetEvaluation> evaluations, string dataset, ModelRole role) =>
        evaluations.FirstOrDefault(e => e.Dataset == dataset && e.Weights == role);

    private static string Figure(double? value) => value is { } number ? number.ToString("F3", CultureInfo.InvariantCulture) : "–";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
