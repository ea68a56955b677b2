using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>
/// Turns predictions into figures, intervals and comparisons of groups. One bootstrap serves all of them, so that they can be compared with
/// each other.
/// </summary>
internal sealed class Scoring
{
    private readonly Predictions _predictions;
    private readonly ScoringOptions _options;
    private readonly int[] _reported;
    private readonly string[] _names;

    public Scoring(Predictions predictions, IReadOnlyList<string>? reported, ScoringOptions options)
    {
        _predictions = predictions;
        _options = options;
        var names = predictions.Labels.Names;
        _reported = [.. Enumerable.Range(0, names.Count).Where(k => reported is null
            || reported.Contains(names[k], StringComparer.Ordinal))];
        _names = [.. _reported.Select(k => names[k])];
    }

    public DatasetEvaluation Evaluate(
        string dataset, DatasetSplit split, ModelRole weights, IReadOnlyList<ImageGroups> columns, CancellationToken cancellationToken)
    {
        var all = Enumerable.Range(0, _predictions.Count).ToArray();
        // The whole set comes first, then the groups, column by column.
        var parts = new List<Part> { new(all, CardOf(all)) };
        var layout = new List<(string Column, string[] Values, int First)>();
        foreach (var column in columns)
        {
            var values = column.Distinct();
            layout.Add((column.Column, values, parts.Count));
            parts.AddRange(values.Select(value => column.Members(value)).Select(members => new Part(members, CardOf(members))));
        }

        var size = parts[0].Card.Count;
        var bootstrap = new Bootstrap(_predictions.Count, _predictions.Patients);
        double[][] replicates = _options.Replicates == 0
            || _predictions.Count == 0 ? [] : bootstrap.Run(_options.Replicates, _options.Seed, size * parts.Count, (drawn, into) =>
        {
            for (var p = 0; p < parts.Count; p++) parts[p].Card.Compute(drawn, into.Slice(p * size, size));
        }, cancellationToken);

        DatasetEvaluation Figures(int part) => Describe(parts[part], replicates, part * size, dataset, split, weights);
        return Figures(0) with
        {
            Resampling = replicates.Length == 0
                ? null
                : new Resampling(replicates.Length, _options.Seed, bootstrap.Units, bootstrap.ByPatient),
            Groups =
            [
                .. layout.Select(column => GroupGaps.Compare(
                    column.Column, [.. column.Values.Select((value, i) => new GroupEvaluation(value, Figures(column.First + i)))],
                    replicates, column.First, size)),
            ],
        };
    }

    private Scorecard CardOf(int[] images) => new(_predictions, images, _reported, _options.Threshold);

    private DatasetEvaluation Describe(Part part, double[][] replicates, int first, string dataset, DatasetSplit split, ModelRole weights)
    {
        var figures = new double[part.Card.Count];
        part.Card.Compute([], figures);
        var set = _names.Length * LabelFigures.Count;
        return new DatasetEvaluation
        {
            Dataset = dataset,
            Split = split,
            Weights = weights,
            Images = part.Images.Length,
            Labels = [.. _names.Select((name, k) => Label(name, part.Card.Label(k), replicates, figures, first, k * LabelFigures.Count))],
            Threshold = _predictions.Labels.Task == LabelTask.MultiClass ? null : _options.Threshold,
            Accuracy = Defined(figures[set + 2]),
            Mcc = Defined(figures[set + 3]),
            F1 = Defined(figures[set + 4]),
            Intervals = Intervals(Scorecard.SetNames, replicates, figures, first, set),
        };
    }

    private static LabelEvaluation Label(string name, LabelFigures label, double[][] replicates, double[] figures, int first, int at) =>
        new(name, Defined(figures[at]), (int)label.Counts.Positives, (int)label.Counts.Negatives)
        {
            AveragePrecision = Defined(figures[at + 1]),
            Accuracy = Defined(figures[at + 2]),
            Mcc = Defined(figures[at + 3]),
            F1 = Defined(figures[at + 4]),
            Sensitivity = Defined(figures[at + 5]),
            Specificity = Defined(figures[at + 6]),
            Intervals = Intervals(LabelFigures.Names, replicates, figures, first, at),
        };

    private static Dictionary<string, ConfidenceInterval> Intervals(
        string[] names, double[][] replicates, double[] figures, int first, int at)
    {
        var intervals = new Dictionary<string, ConfidenceInterval>(StringComparer.Ordinal);
        if (replicates.Length == 0) return intervals;
        for (var i = 0; i < names.Length; i++)
        {
            if (double.IsFinite(figures[at + i]) && Bootstrap.Interval(replicates, first + at + i) is { } interval)
                intervals[names[i]] = interval;
        }

        return intervals;
    }

    private static double? Defined(double value) => double.IsFinite(value) ? value : null;

    private sealed record Part(int[] Images, Scorecard Card);
}
