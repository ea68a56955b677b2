using System.Text.Json.Nodes;

namespace Ark.Training;

/// <summary>
/// Which curves a line of the metrics adds to, for viewers that draw scalars over steps. The step is the epoch, so that each tag has a step
/// once.
/// </summary>
internal static class MetricScalars
{
    private static readonly string[] NoCurves = ["epoch", "images", "threshold"];

    /// <summary>The scalars of a line.</summary>
    /// <param name="line">The line.</param>
    /// <returns>Tags such as <c>task_loss/DATASET</c>, <c>validation_loss/DATASET</c>, <c>mean_auroc/DATASET/teacher</c>,
    /// <c>auroc/DATASET/LABEL/teacher</c>, with their values.</returns>
    public static IEnumerable<(string Tag, long Step, double Value)> Of(JsonObject line)
    {
        if (JsonScalar.GetDouble(line["epoch"]) is not { } epoch) yield break;
        var step = (long)epoch;
        var suffix = (line["dataset"] is { } dataset
            ? $"/{(string?)dataset}"
            : "") + (line["weights"] is { } weights ? $"/{(string?)weights}" : "");
        var prefix = (string?)line["event"] == "validation" ? "validation_" : "";
        foreach (var (name, node) in line)
        {
            if (!NoCurves.Contains(name, StringComparer.Ordinal) && JsonScalar.GetDouble(node) is { } value)
                yield return (prefix + name + suffix, step, value);
        }

        if (line["labels"] is not JsonArray labels) yield break;
        foreach (var label in labels.OfType<JsonObject>())
        {
            if (JsonScalar.GetDouble(label["auroc"]) is { } auroc)
                yield return ($"auroc/{(string?)line["dataset"]}/{(string?)label["name"]}/{(string?)line["weights"]}", step, auroc);
        }
    }
}
