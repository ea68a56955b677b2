namespace Ark.Evaluation;

/// <summary>Two models' predictions, brought to the same images and labels.</summary>
internal sealed class PredictionPair
{
    private readonly Predictions _first;
    private readonly Predictions _second;
    private readonly (string Name, int First, int Second)[] _labels;

    public PredictionPair(Predictions first, Predictions second)
    {
        var places = Places(second, "second");
        var common = Places(first, "first").Where(p => places.ContainsKey(p.Key)).OrderBy(p => p.Value).ToArray();
        if (common.Length == 0) throw Error(null, "the two have no image in common", "Evaluate both models on the same split.");
        _first = first.Pick([.. common.Select(p => p.Value)]);
        _second = second.Pick([.. common.Select(p => places[p.Key])]);
        var labels = second.Labels.Names.ToList();
        _labels = [.. first.Labels.Names.Select((name, k) => (name, k, labels.IndexOf(name))).Where(l => l.Item3 >= 0)];
        if (_labels.Length == 0)
            throw Error(
                null,
                "the two have no label in common",
                $"The first has {string.Join(", ", first.Labels.Names)}; the second {string.Join(", ", labels)}.");
        CheckTargets();
    }

    public ModelComparison Compare(ScoringOptions scoring, CancellationToken cancellationToken)
    {
        var compared = _labels.Select(l => DeLong.Compare(
            _first.Targets(l.First), _first.Probabilities(l.First), _second.Probabilities(l.Second))).ToArray();
        var bootstrap = new Bootstrap(_first.Count, _first.Patients ?? _second.Patients);
        var replicates = scoring.Replicates == 0 ? [] : Replicates(bootstrap, scoring, compared, cancellationToken);
        return new ModelComparison
        {
            Images = _first.Count,
            Labels = [.. _labels.Select((l, k) => new LabelComparison(
                l.Name, compared[k], replicates.Length == 0 || compared[k] is null ? null : Bootstrap.Interval(replicates, k)))],
            MeanInterval = replicates.Length == 0 ? null : Bootstrap.Interval(replicates, _labels.Length),
            Resampling = replicates.Length == 0
                ? null
                : new Resampling(replicates.Length, scoring.Seed, bootstrap.Units, bootstrap.ByPatient),
        };
    }

    // Differences label by label, then that of the means over the labels that the replicate defines.
    private double[][] Replicates(
        Bootstrap bootstrap, ScoringOptions scoring, AurocComparison?[] compared, CancellationToken cancellationToken)
    {
        var images = Enumerable.Range(0, _first.Count).ToArray();
        RankedLabel Ranked(Predictions predictions, int label) =>
            new(images, i => predictions.Target(i, label), i => predictions.Probability(i, label), _ => false);
        var ranked = _labels.Select(l => (First: Ranked(_first, l.First), Second: Ranked(_second, l.Second))).ToArray();
        return bootstrap.Run(scoring.Replicates, scoring.Seed, ranked.Length + 1, (weights, into) =>
        {
            double sum = 0;
            var defined = 0;
            for (var k = 0; k < ranked.Length; k++)
            {
                var first = ranked[k].First.Compute(weights);
                into[k] = first.AreDefined ? first.Auroc - ranked[k].Second.Compute(weights).Auroc : double.NaN;
                if (!first.AreDefined || compared[k] is null) continue;
                sum += into[k];
                defined++;
            }

            into[ranked.Length] = defined == 0 ? double.NaN : sum / defined;
        }, cancellationToken);
    }

    private void CheckTargets()
    {
        foreach (var (name, first, second) in _labels)
        {
            for (var i = 0; i < _first.Count; i++)
            {
                if (!_first.Target(i, first).Equals(_second.Target(i, second)))
                    throw Error(
                        $"image '{_first.NameOf(i)}', label '{name}'",
                        "the targets differ",
                        "Compare models on the same labels of the same list.");
            }
        }
    }

    private static Dictionary<string, int> Places(Predictions predictions, string which)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < predictions.Count; i++)
        {
            if (!places.TryAdd(predictions.NameOf(i), i))
                throw Error(
                    $"image '{predictions.NameOf(i)}'", $"is named twice in the {which} table", "Each image needs a name of its own.");
        }

        return places;
    }

    private static ArkInputException Error(string? place, string problem, string? hint) => new("predictions", place, problem, hint);
}
