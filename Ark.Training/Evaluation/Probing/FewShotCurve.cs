using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>
/// Probes with few training images: as many of each class of a label, drawn anew for each repeat, the same images for every source. Each
/// label of a multi-label set is a task of its own; all points are of the same labels, so that a curve rises by images alone: those that
/// have images enough for the largest number that any label has enough for. Features are standardised by the whole training split, which
/// needs no labels.
/// </summary>
internal sealed class FewShotCurve : IDisposable
{
    private static readonly double[] Penalties = [1e-3, 1e-2, 1e-1, 1];

    private readonly LabelSchema _labels;
    private readonly FeatureTable _train;
    private readonly FeatureTable _validation;
    private readonly FeatureTable _test;
    private readonly ProbeOptions _options;
    private readonly int[] _shots;
    private readonly int[] _measured;

    public FewShotCurve(
        LabelSchema labels, IReadOnlyList<string>? reported, FeatureTable train, FeatureTable validation, FeatureTable test,
        ProbeOptions options)
    {
        _labels = labels;
        _options = options;
        using var scope = NewDisposeScope();
        var (mean, scale) = FeatureAxes.Standardization(train.Features);
        FeatureTable Standardized(FeatureTable table) => new(table.Features.Plus(mean.neg()) * scale, table.Targets);
        (_train, _validation, _test) = (Standardized(train), Standardized(validation), Standardized(test));
        var targets = train.Targets.data<float>().ToArray();
        int Most(int label) => new[] { 1f, 0f }.Min(value => Candidates(targets, label, value).Length);
        var most = Enumerable.Range(0, labels.Count).Where(k => reported is null
            || reported.Contains(labels.Names[k], StringComparer.Ordinal)).Select(k => (Label: k, Images: Most(k))).ToArray();
        _shots = [.. options.Shots.Where(s => labels.Task == LabelTask.MultiClass || most.Any(m => m.Images >= s))];
        _measured = [.. most.Where(m => _shots.Length > 0 && m.Images >= _shots.Max()).Select(m => m.Label)];
        foreach (var table in (FeatureTable[])[_train, _validation, _test]) table.Features.MoveToOuterDisposeScope();
    }

    /// <summary>Measures the curve; numbers of images that a class does not have are left out.</summary>
    public IReadOnlyList<FewShotPoint> Measure(string name, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var points = new List<FewShotPoint>();
        try
        {
            foreach (var shots in _shots)
            {
                var aurocs = new List<double>();
                for (var repeat = 0; repeat < _options.Repeats; repeat++)
                {
                    if (Once(shots, repeat, cancellationToken) is { } auroc) aurocs.Add(auroc);
                    progress?.Report(new WorkProgress(
                        $"few shots with {name}", (points.Count * _options.Repeats) + repeat + 1, _options.Shots.Count * _options.Repeats));
                }

                if (aurocs.Count > 0) points.Add(new FewShotPoint(shots, aurocs));
            }
        }
        finally
        {
            Dispose();
        }

        return points;
    }

    public void Dispose()
    {
        // The targets belong to the caller's tables.
        _train.Features.Dispose();
        _validation.Features.Dispose();
        _test.Features.Dispose();
    }

    private double? Once(int shots, int repeat, CancellationToken cancellationToken)
    {
        var targets = _train.Targets.data<float>().ToArray();
        if (_labels.Task == LabelTask.MultiClass)
        {
            var chosen = Enumerable.Range(0, _labels.Count).Select(k => Draw(targets, k, 1, shots, repeat)).ToList();
            return chosen.TrueForAll(c => c is not null)
                ? Score(_labels, [.. chosen.SelectMany(c => c!)], column: null, cancellationToken)
                : null;
        }

        var scores = new List<double>();
        foreach (var k in _measured)
        {
            if (Draw(targets, k, 1, shots, repeat) is not { } positives || Draw(targets, k, 0, shots, repeat) is not { } negatives)
                continue;
            if (Score(
                new LabelSchema(LabelTask.Binary, [_labels.Names[k]]), [.. positives, .. negatives], k, cancellationToken) is { } score)
                scores.Add(score);
        }

        return scores.Count > 0 ? scores.Average() : null;
    }

    // The draw depends on seed, repeat, label and value alone; a larger one contains the smaller.
    private int[]? Draw(float[] targets, int label, float value, int shots, int repeat)
    {
        var candidates = Candidates(targets, label, value);
        if (candidates.Length < shots) return null;
        new RandomStream(_options.Seed, RandomStreams.FewShot, (ulong)repeat, (ulong)label, (ulong)value).Shuffle<int>(candidates);
        return candidates[..shots];
    }

    private int[] Candidates(float[] targets, int label, float value) =>
        [.. Enumerable.Range(0, targets.Length / _labels.Count).Where(i => targets[(i * _labels.Count) + label] == value)];

    private double? Score(LabelSchema labels, long[] chosen, int? column, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        Tensor Targets(FeatureTable table) => column is { } k ? table.Targets.narrow(1, k, 1).contiguous() : table.Targets;
        var index = tensor(chosen);
        var few = new FeatureTable(_train.Features.index_select(0, index), Targets(_train).index_select(0, index));
        using var model = LogisticRegression.FitBest(
            labels, few, new FeatureTable(_validation.Features, Targets(_validation)), Penalties, standardize: false, cancellationToken);
        return new Predictions(labels, Targets(_test).data<float>().ToArray(), model.Predict(_test.Features)).Evaluate(
            "", DatasetSplit.Test, ModelRole.Teacher, cancellationToken: cancellationToken).MeanAuroc;
    }

    private double? Score(LabelSchema labels, int[] chosen, int? column, CancellationToken cancellationToken) =>
        Score(labels, Array.ConvertAll(chosen, c => (long)c), column, cancellationToken);
}
