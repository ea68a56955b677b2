using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>The JSON shapes that Ark promises to machines.</summary>
internal static class Json
{
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
        result["split"] = evaluation.Split.ResultWord();
        result["weights"] = evaluation.Weights.ToString().ToLowerInvariant();
        AddFigures(result, evaluation);
        if (evaluation.Resampling is { } resampling) result["resampling"] = Resampling(resampling);
        if (evaluation.Groups.Count > 0) result["groups"] = new JsonArray([.. evaluation.Groups.Select(Groups)]);
        if (evaluation.Combination is { } combination) AddHeads(result, evaluation, combination);
        return result;
    }

    /// <summary>What the pixel baseline reaches, as an event of a run.</summary>
    public static JsonObject Baseline(DatasetEvaluation evaluation)
    {
        var result = new JsonObject { ["event"] = "baseline", ["dataset"] = evaluation.Dataset, ["split"] = evaluation.Split.ResultWord() };
        AddFigures(result, evaluation);
        return result;
    }

    /// <summary>How intervals were computed.</summary>
    public static JsonObject Resampling(Resampling resampling) => new()
    {
        ["method"] = "percentile bootstrap",
        ["confidence"] = 0.95,
        ["replicates"] = resampling.Replicates,
        ["seed"] = resampling.Seed,
        ["unit"] = resampling.ByPatient ? "patient" : "image",
        ["units"] = resampling.Units,
    };

    /// <summary>Intervals by figure, each as its two bounds.</summary>
    public static JsonObject Intervals(IReadOnlyDictionary<string, ConfidenceInterval> intervals) =>
        new(intervals.Select(i => KeyValuePair.Create(i.Key, (JsonNode?)Interval(i.Value))));

    /// <summary>An interval as its two bounds.</summary>
    public static JsonArray? Interval(ConfidenceInterval? interval) => interval is { } known ? new JsonArray(known.Low, known.High) : null;

    private static void AddHeads(JsonObject result, DatasetEvaluation evaluation, HeadCombination combination)
    {
        result["combine"] = combination.ToString().ToLowerInvariant();
        result["via_heads"] = new JsonArray([.. evaluation.Sources.Select(s => new JsonObject
        {
            ["name"] = s.Key,
            ["sources"] = new JsonArray([.. s.Value.Select(v => (JsonNode)v)]),
        })]);
        result["not_reported"] = new JsonArray([.. evaluation.NotReported.Select(n => (JsonNode)n)]);
    }

    private static void AddFigures(JsonObject result, DatasetEvaluation evaluation)
    {
        result["images"] = evaluation.Images;
        result["mean_auroc"] = JsonScalar.Number(evaluation.MeanAuroc);
        result["mean_average_precision"] = JsonScalar.Number(evaluation.MeanAveragePrecision);
        if (evaluation.Accuracy is { } accuracy) result["accuracy"] = accuracy;
        if (evaluation.Mcc is { } mcc) result["mcc"] = mcc;
        if (evaluation.F1 is { } f1) result["f1"] = f1;
        if (evaluation.Threshold is { } threshold) result["threshold"] = threshold;
        if (evaluation.Intervals.Count > 0) result["intervals"] = Intervals(evaluation.Intervals);
        result["labels"] = new JsonArray([.. evaluation.Labels.Select(Label)]);
    }

    private static JsonObject Label(LabelEvaluation label)
    {
        var result = new JsonObject
        {
            ["name"] = label.Name,
            ["auroc"] = JsonScalar.Number(label.Auroc),
            ["positives"] = label.Positives,
            ["negatives"] = label.Negatives,
            ["average_precision"] = JsonScalar.Number(label.AveragePrecision),
            ["accuracy"] = JsonScalar.Number(label.Accuracy),
            ["mcc"] = JsonScalar.Number(label.Mcc),
            ["f1"] = JsonScalar.Number(label.F1),
            ["sensitivity"] = JsonScalar.Number(label.Sensitivity),
            ["specificity"] = JsonScalar.Number(label.Specificity),
        };
        if (label.Intervals.Count > 0) result["intervals"] = Intervals(label.Intervals);
        return result;
    }

    private static JsonObject Groups(GroupComparison comparison) => new()
    {
        ["column"] = comparison.Column,
        ["groups"] = new JsonArray([.. comparison.Groups.Select(g =>
        {
            var group = new JsonObject { ["value"] = g.Value };
            AddFigures(group, g.Figures);
            return group;
        })]),
        ["gaps"] = new JsonArray([.. comparison.Gaps.Select(g => new JsonObject
        {
            ["figure"] = g.Figure,
            ["label"] = g.Label,
            ["highest"] = g.Highest,
            ["lowest"] = g.Lowest,
            ["gap"] = g.Gap,
            ["interval"] = Interval(g.Interval),
        })]),
    };
}
