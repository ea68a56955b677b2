using System.Text.Json.Nodes;
using Ark.Inference;

namespace Ark.Evaluation;

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

    /// <summary>
    /// The probability from which a label is called present; <see langword="null"/> for multi-class datasets, where the class of the
    /// highest probability is called.
    /// </summary>
    public double? Threshold { get; init; }

    /// <summary>Share of images whose highest class is the true one; multi-class datasets only.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Matthews' correlation over all classes; multi-class datasets only.</summary>
    public double? Mcc { get; init; }

    /// <summary>Mean F1 of the classes (macro); multi-class datasets only.</summary>
    public double? F1 { get; init; }

    /// <summary>The mean over the labels whose AUROC is defined; <see langword="null"/> where none is.</summary>
    public double? MeanAuroc => Labels.Where(l => l.Auroc is not null).Select(l => l.Auroc).DefaultIfEmpty(null).Average();

    /// <summary>The mean over the labels whose average precision is defined; <see langword="null"/> where none is.</summary>
    public double? MeanAveragePrecision =>
        Labels.Where(l => l.AveragePrecision is not null).Select(l => l.AveragePrecision).DefaultIfEmpty(null).Average();

    /// <summary>
    /// 95 % intervals by the figure's name in JSON (<c>mean_auroc</c>, <c>mean_average_precision</c>, <c>accuracy</c> …); empty where none
    /// were asked for.
    /// </summary>
    public IReadOnlyDictionary<string, ConfidenceInterval> Intervals { get; init; } = new Dictionary<string, ConfidenceInterval>();

    /// <summary>How the intervals were computed; <see langword="null"/> where none were asked for.</summary>
    public Resampling? Resampling { get; init; }

    /// <summary>The figures by group, one entry per column that was asked for.</summary>
    public IReadOnlyList<GroupComparison> Groups { get; init; } = [];

    /// <summary>
    /// Which heads answered for each label, as <c>head/label</c>; empty where the dataset's own head did. See
    /// <see cref="EvaluationOptions.AcrossHeads"/>.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Sources { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The dataset's labels that no head was trained on; empty where the dataset's own head answered.</summary>
    public IReadOnlyList<string> NotReported { get; init; } = [];

    /// <summary>How the answers of several heads became one; <see langword="null"/> where the dataset's own head answered.</summary>
    public HeadCombination? Combination { get; init; }

    /// <summary>What the figures are of, image by image, where the evaluator read a split; see <see cref="PredictionFile"/>.</summary>
    public Predictions? Predictions { get; init; }

    /// <summary>The figures for machines, as <c>ark evaluate --json</c> writes them; an undefined figure is null.</summary>
    /// <returns>A new object with <c>dataset, split, weights, images, mean_auroc, accuracy?, labels</c> and more; see
    /// docs/evaluation.md.</returns>
    public JsonObject ToJson() => Json.Evaluation(this);
}
