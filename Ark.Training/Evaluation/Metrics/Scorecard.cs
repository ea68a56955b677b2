namespace Ark.Evaluation;

/// <summary>
/// All figures of some images of a split, sorted once and computed for any weights of the images: the figures of each label, then those of
/// the set.
/// </summary>
internal sealed class Scorecard
{
    /// <summary>The set's figures after those of its labels, by their names in JSON.</summary>
    public static readonly string[] SetNames = ["mean_auroc", "mean_average_precision", "accuracy", "mcc", "f1"];

    private readonly RankedLabel[] _labels;
    private readonly MultiClassCounts? _classes;

    public Scorecard(Predictions predictions, ReadOnlySpan<int> images, IReadOnlyList<int> reported, double threshold)
    {
        var exclusive = predictions.Labels.Task == LabelTask.MultiClass;
        var calls = exclusive ? predictions.HighestClasses() : [];
        // A probability is single precision: the threshold is compared as such, so that 0.3 calls 0.3.
        var bound = (float)threshold;
        _labels = new RankedLabel[reported.Count];
        for (var k = 0; k < _labels.Length; k++)
        {
            var label = reported[k];
            _labels[k] = new RankedLabel(images, i => predictions.Target(i, label), i => predictions.Probability(i, label),
                exclusive ? i => calls[i] == label : i => predictions.Probability(i, label) >= bound);
        }

        if (exclusive) _classes = new MultiClassCounts(images, predictions.Labels.Count, predictions.Target, i => calls[i]);
    }

    /// <summary>How many figures <see cref="Compute"/> writes.</summary>
    public int Count => (_labels.Length * LabelFigures.Count) + SetNames.Length;

    public LabelFigures Label(int label) => _labels[label].Compute([]);

    /// <summary>Writes all figures; NaN where one is undefined.</summary>
    /// <param name="weights">How often each image of the split counts; empty for once each.</param>
    /// <param name="into">Receives them.</param>
    public void Compute(ReadOnlySpan<int> weights, Span<double> into)
    {
        double auroc = 0, precision = 0;
        var defined = 0;
        for (var k = 0; k < _labels.Length; k++)
        {
            var figures = _labels[k].Compute(weights);
            figures.WriteTo(into[(k * LabelFigures.Count)..]);
            if (!figures.AreDefined) continue;
            auroc += figures.Auroc;
            precision += figures.AveragePrecision;
            defined++;
        }

        var set = into[(_labels.Length * LabelFigures.Count)..];
        (set[0], set[1]) = defined == 0 ? (double.NaN, double.NaN) : (auroc / defined, precision / defined);
        (set[2], set[3], set[4]) = _classes?.Compute(weights) ?? (double.NaN, double.NaN, double.NaN);
    }
}
