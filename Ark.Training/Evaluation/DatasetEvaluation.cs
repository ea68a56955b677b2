using System.Text.Json.Nodes;

namespace Ark.Training;

/// <summary>How well a model reads one split of one dataset through that dataset's head.</summary>
public sealed record DatasetEvaluation
{
    /// <summary>The dataset's name.</summary>
    public required string Dataset { get; init; }

    /// <summary>The split that was read.</summary>
    public required DatasetSplit Split { get; init; }

    /// <summary>Which of the two networks was asked.</summary>
    public required ModelRole Weights { get; init; }

    /// <summary>How many images were read.</summary>
    public required int Images { get; init; }

    /// <summary>Every label in head order, or those that the dataset's <c>test_diseases_name</c> keeps.</summary>
    public required IReadOnlyList<LabelEvaluation> Labels { get; init; }

    /// <summary>Share of images whose highest class is the true one; multi-class datasets only.</summary>
    public double? Accuracy { get; init; }

    /// <summary>The mean over the labels whose AUROC is defined; <see langword="null"/> where none is.</summary>
    public double? MeanAuroc => Labels.Where(l => l.Auroc is not null).Select(l => l.Auroc).DefaultIfEmpty(null).Average();

    /// <summary>The figures for machines, as <c>ark evaluate --json</c> writes them; an undefined figure is null.</summary>
    /// <returns>A new object with <c>dataset, split, weights, images, mean_auroc, accuracy?, labels</c>.</returns>
    public JsonObject ToJson() => Json.Evaluation(this);
}
