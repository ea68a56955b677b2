using System.Text.Json.Nodes;

namespace Ark.Training;

/// <summary>The JSON shapes that Ark promises to machines.</summary>
internal static class Json
{
    /// <summary>A number, or null where it is undefined: JSON has no NaN.</summary>
    public static JsonNode? Number(double? value) => value is { } number && double.IsFinite(number) ? JsonValue.Create(number) : null;

    /// <summary>An evaluation, as <c>ark evaluate --json</c> writes it; as an event of a run where an epoch is given.</summary>
    public static JsonObject Evaluation(DatasetEvaluation evaluation, int? epoch = null)
    {
        var result = new JsonObject();
        if (epoch is { } number)
        {
            result["event"] = "evaluation";
            result["epoch"] = number;
        }

        result["dataset"] = evaluation.Dataset;
        result["split"] = evaluation.Split.ToString().ToLowerInvariant();
        result["weights"] = evaluation.Weights.ToString().ToLowerInvariant();
        result["images"] = evaluation.Images;
        result["mean_auroc"] = Number(evaluation.MeanAuroc);
        if (evaluation.Accuracy is { } accuracy) result["accuracy"] = accuracy;
        result["labels"] = new JsonArray([.. evaluation.Labels.Select(l => new JsonObject
        {
            ["name"] = l.Name,
            ["auroc"] = Number(l.Auroc),
            ["positives"] = l.Positives,
            ["negatives"] = l.Negatives,
        })]);
        return result;
    }
}
