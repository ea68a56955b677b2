using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Ark.Inference;

namespace Ark.Training;

/// <summary>Renders a segmentation training as one HTML page that needs nothing else; see <see cref="RunReport"/>.</summary>
internal static class SegmentationReport
{
    public static string Render(RunHistory history, JsonObject config)
    {
        var html = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
            + "content=\"width=device-width,initial-scale=1\">")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>Ark "
                + "segmentation</title><style>").Append(ReportStyle.Css).Append("</style></head><body><main>");
        var dataset = JsonScalar.Text(config["datasets"]?[0]?["name"]) ?? "";
        // One run is of one dataset.
        var named = history.Datasets() is [var first, ..] ? first : dataset;
        List<(double X, double Y)> Points(string kind, string field) => history.Points(kind, named, field);
        html.Append(CultureInfo.InvariantCulture, $"<h1>Ark: segmentation of {Text(dataset)}</h1><p>After epoch "
            + $"{history.Count("validation")} of at most {Text(JsonScalar.Text(config["options"]?["epochs"]) ?? "?")}. The checkpoint to "
            + $"keep is chosen on the validation loss, never on test.</p>");
        if (history.Latest(DescribedCheckpoint.SegmentationKind, named) is { } test) AppendTest(html, test);
        html.Append("<h2>Curves</h2><div class=\"charts\">");
        SvgChart.Append(
            html,
            "loss",
            "Loss",
            "epoch",
            [new ChartLine("training", Points("pass", "task_loss")), new ChartLine("validation", Points("validation", "loss"))]);
        var structures = (config["datasets"]?[0]?["structures"] as JsonArray)?.Select(JsonScalar.Text).OfType<string>().Take(
            RunHistory.MaxNames) ?? [];
        SvgChart.Append(
            html,
            "dice",
            "Dice on validation, all images together, at the network's resolution",
            "epoch",
            [.. structures.Select(s => new ChartLine(s, history.Dice(s)))]);
        SvgChart.Append(
            html, "lr", "Learning rate at the end of the epoch", "epoch", [new ChartLine("learning rate", Points("pass", "lr"))]);
        SvgChart.Append(
            html,
            "rate",
            "Images per second, training",
            "epoch",
            [new ChartLine("images per second", Points("pass", "images_per_second"))]);
        html.Append("</div>");
        if (config["options"] is JsonObject options)
        {
            html.Append("<h2>Options</h2><details><summary>all resolved options</summary><table><tbody>");
            foreach (var (name, value) in options) html.Append(
                CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Text(name)}<td>{Text(value?.ToString() ?? "default")}</tr>");
            html.Append("</tbody></table></details>");
        }

        return html.Append("</main></body></html>\n").ToString();
    }

    private static void AppendTest(StringBuilder html, JsonObject test)
    {
        html.Append(
            CultureInfo.InvariantCulture,
            $"<h2>Test, {JsonScalar.GetDouble(test["images"]):F0} images, weights of epoch {JsonScalar.GetDouble(test["epoch"]):F0}</h2>")
            .Append("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">structure<th scope=\"col\">Dice<th scope=\"col\">Dice of "
                + "all pixels<th scope=\"col\">IoU<th scope=\"col\">HD95, pixels<th scope=\"col\">HD95, mm<th scope=\"col\">without "
                + "HD95</tr></thead><tbody>");
        foreach (var s in (test["structures"] as JsonArray ?? []).OfType<JsonObject>())
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Text(JsonScalar.Text(s["name"]) ?? "")}<td "
                + $"class=\"best\">{Figure(s["dice"])}<td>{Figure(s["dice_all"])}<td>{Figure(s["iou"])}<td>{Figure(s["hd95_px"])}"
                + $"<td>{Figure(s["hd95_mm"])}<td>{JsonScalar.GetDouble(s["hd95_undefined"]):F0}</tr>");
        }

        html.Append("</tbody><caption>Dice, IoU and HD95 are means over images, in the images' own grid, "
            + "of masks as the network finds them.</caption></table></div>");
    }

    private static string Figure(JsonNode? node) =>
        JsonScalar.GetDouble(node) is { } number ? number.ToString("F3", CultureInfo.InvariantCulture) : "–";

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
