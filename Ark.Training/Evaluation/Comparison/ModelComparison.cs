using System.Text.Json.Nodes;

namespace Ark.Evaluation;

/// <summary>Two models compared on the same images.</summary>
public sealed record ModelComparison
{
    /// <summary>How many images both were asked about.</summary>
    public required int Images { get; init; }

    /// <summary>The labels that both models have, in the first's order.</summary>
    public required IReadOnlyList<LabelComparison> Labels { get; init; }

    /// <summary>The first model's mean AUROC over the labels where it is defined; <see langword="null"/> where none is.</summary>
    public double? FirstMeanAuroc => Mean(c => c.First);

    /// <summary>The second model's.</summary>
    public double? SecondMeanAuroc => Mean(c => c.Second);

    /// <summary>95 % interval of the difference of the means; <see langword="null"/> where none was asked for.</summary>
    public ConfidenceInterval? MeanInterval { get; init; }

    /// <summary>How the intervals were computed; <see langword="null"/> where none were asked for.</summary>
    public Resampling? Resampling { get; init; }

    /// <summary>Compares two models' predictions, matched by image name.</summary>
    /// <param name="first">The first model's.</param>
    /// <param name="second">The second model's.</param>
    /// <param name="scoring">Intervals; <see langword="null"/> for none.</param>
    /// <param name="cancellationToken">Ends the bootstrap early.</param>
    /// <returns>The comparison, over the images that both have.</returns>
    /// <exception cref="ArkInputException">An image is named twice, targets differ, or no image or label is in both.</exception>
    public static ModelComparison Of(
        Predictions first, Predictions second, ScoringOptions? scoring = null, CancellationToken cancellationToken = default) =>
        new PredictionPair(first, second).Compare(scoring ?? new ScoringOptions(), cancellationToken);

    /// <summary>The figures for machines, as <c>ark compare --json</c> writes them.</summary>
    /// <returns>A new object; see docs/evaluation.md.</returns>
    public JsonObject ToJson() => new()
    {
        ["images"] = Images,
        ["first_mean_auroc"] = JsonScalar.Number(FirstMeanAuroc),
        ["second_mean_auroc"] = JsonScalar.Number(SecondMeanAuroc),
        ["mean_difference"] = JsonScalar.Number(FirstMeanAuroc - SecondMeanAuroc),
        ["mean_interval"] = Json.Interval(MeanInterval),
        ["labels"] = new JsonArray([.. Labels.Select(l => new JsonObject
        {
            ["name"] = l.Name,
            ["first_auroc"] = JsonScalar.Number(l.Auroc?.First),
            ["second_auroc"] = JsonScalar.Number(l.Auroc?.Second),
            ["difference"] = JsonScalar.Number(l.Auroc?.Difference),
            ["standard_error"] = JsonScalar.Number(l.Auroc?.StandardError),
            ["z"] = JsonScalar.Number(l.Auroc?.Z),
            ["p"] = JsonScalar.Number(l.Auroc?.P),
            ["interval"] = Json.Interval(l.Interval),
            ["positives"] = l.Auroc?.Positives,
            ["negatives"] = l.Auroc?.Negatives,
        })]),
        ["resampling"] = Resampling is { } resampling ? Json.Resampling(resampling) : null,
    };

    private double? Mean(Func<AurocComparison, double> figure) =>
        Labels.Where(l => l.Auroc is not null).Select(l => (double?)figure(l.Auroc!)).DefaultIfEmpty(null).Average();
}
