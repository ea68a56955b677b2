using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ark.Inference;

namespace Ark.Training;

/// <summary>
/// Renders a run as one HTML page that needs nothing else: no script, no image, no font from elsewhere. All of it comes from
/// <c>metrics.jsonl</c> and, where it is there, <c>config.json</c>, so that it can be drawn while a run goes on, and again after it.
/// </summary>
internal sealed class RunReport
{
    // More than any dataset has, and no more than a page can show.
    private const int MaxLabels = 1000;

    // As the table of options writes it, which stands on a higher floor.
    private const string MaskedRecipe = "simmim";

    private readonly StringBuilder _html = new();
    private readonly RunHistory _history;
    private readonly JsonObject? _config;
    private readonly IReadOnlyList<string> _datasets;
    private int _charts;

    private RunReport(RunHistory history, JsonObject? config)
    {
        _history = history;
        _config = config;
        _datasets = history.Datasets();
    }

    /// <summary>Renders a page.</summary>
    /// <param name="history">The lines of <c>metrics.jsonl</c>, taken in.</param>
    /// <param name="config">The content of <c>config.json</c>, where there is one.</param>
    /// <returns>The page.</returns>
    public static string Render(RunHistory history, JsonObject? config = null) =>
        config is not null && JsonScalar.Text(config["kind"]) == DescribedCheckpoint.SegmentationKind
            ? SegmentationReport.Render(history, config)
            : new RunReport(history, config).Page();

    /// <summary>Renders the page of a run's folder.</summary>
    /// <param name="folder">The folder; the run may be going on in another process.</param>
    /// <param name="history">What its metrics say, where the caller has taken them in already.</param>
    /// <returns>The page.</returns>
    /// <exception cref="ArkInputException">The folder holds no metrics, or they or the configuration cannot be read.</exception>
    public static string Of(string folder, RunHistory? history = null)
    {
        var metrics = Path.Combine(folder, "metrics.jsonl");
        if (history is null && !File.Exists(metrics))
        {
            throw new ArkInputException(folder, null, "holds no metrics of a run: it has no metrics.jsonl",
                "Give the folder that the run wrote to.");
        }
        var config = Path.Combine(folder, "config.json");
        history ??= RunHistory.Of(RunMetrics.Read(metrics));
        RegularFile.Require(config);
        try
        {
            return Render(
                history,
                File.Exists(config) ? StrictJson.Node(File.ReadAllBytes(config))!.AsObject() : null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or ArgumentException
            or FormatException)
        {
            throw new ArkInputException(config, null, "is not the configuration of a run", "Restore the file that the run wrote.", e);
        }
    }

    private string Page()
    {
        _html.Append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
            + "content=\"width=device-width,initial-scale=1\">")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>Ark "
                + "run</title><style>").Append(ReportStyle.Css).Append("</style></head><body><main>");
        _html.Append(
            CultureInfo.InvariantCulture,
            $"<h1>Ark: {(IsMasked ? "masked image modeling" : "accruing knowledge")} over {Datasets()}</h1><p>{Text(Progress())}</p>");
        if (_history.LeavesOutNames)
            _html.Append(
                CultureInfo.InvariantCulture,
                $"<p>The metrics name more datasets than can be told apart; the first {RunHistory.MaxNames} are shown.</p>");
        if (!IsMasked) AppendSummary();
        _html.Append("<h2>Curves</h2><div class=\"charts\">");
        AppendChart("Task loss, training", "pass", "task_loss");
        AppendChart("Validation loss, student", "validation", "loss");
        AppendChart("Consistency loss", "pass", "consistency_loss");
        AppendChart("Learning rate", "pass", "lr");
        AppendChart("Teacher's momentum", "pass", "momentum");
        AppendChart("Weight of the consistency loss", "pass", "consistency_weight");
        AppendChart("Images per second, training", "pass", "images_per_second");
        foreach (var dataset in _datasets) AppendAuroc(dataset);
        _html.Append("</div>");
        foreach (var dataset in _datasets) AppendLabels(dataset);
        AppendOptions();
        return _html.Append("</main></body></html>\n").ToString();
    }

    // It has neither labels nor a teacher.
    private bool IsMasked => JsonScalar.Text(_config?["options"]?["recipe"]) == MaskedRecipe;

    private string Datasets()
    {
        // Their passes may be one, over all of them.
        var count = IsMasked ? _history.DatasetsOf("validation").Count : _datasets.Count;
        return string.Create(CultureInfo.InvariantCulture, $"{count} dataset{(count == 1 ? "" : "s")}");
    }

    private string Progress()
    {
        var epoch = _history.LastEpoch;
        var of = (string?)_config?["options"]?["epochs"] is { } epochs ? $" of {epochs}" : "";
        if (IsMasked)
            return string.Create(CultureInfo.InvariantCulture, $"After epoch {epoch}{of}. The loss is the mean absolute difference of the "
                + $"pixels that were hidden, as normalized.");
        return string.Create(CultureInfo.InvariantCulture, $"After epoch {epoch}{of}. Test AUROC of the latest evaluation; chance is 0.5. "
            + $"The checkpoint to keep is chosen on validation, never on these figures.");
    }

    private void AppendSummary()
    {
        _html.Append("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">dataset<th scope=\"col\">images<th scope=\"col\">pixel "
            + "baseline<th scope=\"col\">student<th scope=\"col\">teacher<th scope=\"col\">average precision, teacher<th "
            + "scope=\"col\">accuracy, teacher</tr></thead><tbody>");
        foreach (var dataset in _datasets)
        {
            var (student, teacher, baseline) = (
                Latest(dataset, "student"), Latest(dataset, "teacher"), _history.Latest("baseline", dataset));
            _html.Append(
                CultureInfo.InvariantCulture,
                $"<tr><th scope=\"row\">{Text(dataset)}<td>{JsonScalar.GetDouble(teacher?["images"]):F0}"
                    + $"<td>{Figure(baseline?["mean_auroc"])}<td>{Figure(student?["mean_auroc"])}"
                    + $"<td class=\"best\">{Figure(teacher?["mean_auroc"])}<td>{Figure(teacher?["mean_average_precision"])}"
                    + $"<td>{Figure(teacher?["accuracy"])}</tr>");
        }

        _html.Append("</tbody><caption>Mean over the labels whose AUROC is defined. The baseline is a logistic regression on 32 × 32 "
            + "pixels, fitted at the end of a run.</caption></table></div>");
    }

    private void AppendLabels(string dataset)
    {
        var (student, teacher) = (Labels(Latest(dataset, "student")), Labels(Latest(dataset, "teacher")));
        if (teacher.Count == 0) return;
        _html.Append(CultureInfo.InvariantCulture, $"<h2>{Text(dataset)}</h2><div class=\"scroll\"><table><thead><tr><th "
            + $"scope=\"col\">label<th scope=\"col\">positives<th scope=\"col\">negatives<th scope=\"col\">AUROC, student<th "
            + $"scope=\"col\">AUROC, teacher<th scope=\"col\">average precision, teacher</tr></thead><tbody>");
        var students = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var label in student) students.TryAdd(JsonScalar.Text(label["name"]) ?? "", label);
        foreach (var label in teacher.Take(MaxLabels))
        {
            var same = students.GetValueOrDefault(JsonScalar.Text(label["name"]) ?? "");
            _html.Append(
                CultureInfo.InvariantCulture,
                $"<tr><th scope=\"row\">{Text(JsonScalar.Text(label["name"]) ?? "")}<td>{JsonScalar.GetDouble(label["positives"]):F0}"
                    + $"<td>{JsonScalar.GetDouble(label["negatives"]):F0}<td>{Figure(same?["auroc"])}"
                    + $"<td class=\"best\">{Figure(label["auroc"])}<td>{Figure(label["average_precision"])}</tr>");
        }

        _html.Append("</tbody>");
        if (teacher.Count > MaxLabels)
            _html.Append(CultureInfo.InvariantCulture, $"<caption>The first {MaxLabels} of {teacher.Count} labels.</caption>");
        _html.Append("</table></div>");
    }

    private void AppendOptions()
    {
        if (_config?["options"] is not JsonObject options) return;
        _html.Append("<h2>Options</h2><details><summary>all resolved options</summary><table><tbody>");
        foreach (var (name, value) in options) _html.Append(
            CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Text(name)}<td>{Text(value?.ToString() ?? "default")}</tr>");
        _html.Append("</tbody></table></details>");
    }

    private void AppendChart(string title, string kind, string field) => SvgChart.Append(_html, $"c{_charts++}", title, "epoch",
        [.. _history.DatasetsOf(kind).Select(d => new ChartLine(d, _history.Points(kind, d, field)))]);

    private void AppendAuroc(string dataset) => SvgChart.Append(_html, $"c{_charts++}", $"Mean test AUROC, {dataset}", "epoch",
    [
        .. new[] { "student", "teacher" }.Select(role => new ChartLine(role, _history.Points("evaluation", dataset, "mean_auroc", role))),
    ]);

    private JsonObject? Latest(string dataset, string weights) => _history.Latest("evaluation", dataset, weights);

    private static List<JsonObject> Labels(JsonObject? evaluation) =>
        evaluation?["labels"] is JsonArray labels ? [.. labels.OfType<JsonObject>()] : [];

    private static string Figure(JsonNode? node) =>
        JsonScalar.GetDouble(node) is { } number ? number.ToString("F3", CultureInfo.InvariantCulture) : "–";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
