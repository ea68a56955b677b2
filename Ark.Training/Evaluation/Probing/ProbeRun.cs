using Ark.Data;
using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>
/// One run of a <see cref="LinearProbe"/>: the features of the images that every source has, and what is fitted and measured on them.
/// </summary>
internal sealed class ProbeRun
{
    private readonly ArkDataset _dataset;
    private readonly ProbeOptions _options;
    private readonly Dictionary<DatasetSplit, ProbeSplit> _splits = [];
    private readonly List<(string Name, Dictionary<DatasetSplit, float[][]> Rows)> _sources = [];
    private int _leftOut;

    private ProbeRun(ArkDataset dataset, ProbeOptions options)
    {
        _dataset = dataset;
        _options = options;
    }

    private ScoringOptions Scoring => new() { Replicates = _options.Replicates, Seed = _options.Seed };

    private LabelSchema Labels => _dataset.Adapter.Labels;

    /// <summary>Reads a dataset's features from every source.</summary>
    public static async Task<ProbeRun> ReadAsync(
        ArkDataset dataset,
        IReadOnlyList<FeatureSource> sources,
        ProbeOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancellationToken)
    {
        PreparedDataset.RequireLabels(dataset);
        var probe = new ProbeRun(dataset, options);
        foreach (var source in sources) probe._sources.Add((source.Name, []));
        foreach (var split in Enum.GetValues<DatasetSplit>())
        {
            var samples = await dataset.Adapter.ReadAsync(split, cancellationToken).ConfigureAwait(false);
            var read = await OwnThread.RunAsync(
                () => sources.Select(s => s.Read(samples, dataset, progress, cancellationToken)).ToList(),
                cancellationToken).ConfigureAwait(false);
            int[] kept = [.. Enumerable.Range(0, samples.Count).Where(i => read.TrueForAll(r => r[i] is not null))];
            if (kept.Length == 0)
                throw new ArkInputException(
                    dataset.Name,
                    $"split '{split}'",
                    "has no image that every source of features has",
                    "Compare files of the same images.");
            if (split == DatasetSplit.Test) ArkEvaluator.CheckTargets(dataset, samples);
            probe._leftOut += samples.Count - kept.Length;
            probe._splits[split] = new ProbeSplit([.. kept.Select(i => samples[i])], [.. kept.Select(i => samples[i].Image.Name)]);
            for (var s = 0; s < sources.Count; s++) probe._sources[s].Rows[split] = [.. kept.Select(i => read[s][i]!)];
        }

        if (SharedImages.AreSame(probe._splits[DatasetSplit.Validation].Samples, probe._splits[DatasetSplit.Test].Samples))
        {
            var warning = SharedImages.Warning(dataset.Name, "the penalty is chosen on what is measured and the figures are too good");
            progress?.Report(new WorkProgress("reading", 1, 1) { Warning = warning });
        }

        return probe;
    }

    /// <summary>Fits and measures every source in their order, and compares the first with each of the others.</summary>
    /// <param name="progress">Is told what happens.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public ProbeResult Measure(IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var probed = _sources.Select(s => Measure(s.Name, s.Rows, progress, cancellationToken)).ToList();
        return new ProbeResult(_dataset.Name, Labels,
            [.. probed.Select((p, i) => i == 0 ? p : p with { Comparison = Compare(probed[0], p, cancellationToken) })], _leftOut);
    }

    // Both are of the same rows in the same order, of which two may show one image; over the labels that are reported.
    private ModelComparison Compare(ProbedFeatures first, ProbedFeatures second, CancellationToken cancellationToken) =>
        ModelComparison.Of(Reported(first), Reported(second), Scoring, cancellationToken);

    private Predictions Reported(ProbedFeatures features) => features.Evaluation.Predictions!.Only(_dataset.TestLabels).Unnamed();

    private ProbedFeatures Measure(
        string name, Dictionary<DatasetSplit, float[][]> rows, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        progress?.Report(new WorkProgress($"fitting {name}", 0, 1));
        using var train = Table(DatasetSplit.Train, rows);
        using var validation = Table(DatasetSplit.Validation, rows);
        using var test = Table(DatasetSplit.Test, rows);
        using var model = LogisticRegression.FitBest(Labels, train, validation, _options.Penalties, cancellationToken: cancellationToken);
        var split = _splits[DatasetSplit.Test];
        var predictions = new Predictions(Labels, split.Targets, model.Predict(test.Features), split.Names, split.Patients);
        var evaluation = predictions.Evaluate(
            _dataset.Name, DatasetSplit.Test, ModelRole.Teacher, _dataset.TestLabels, Scoring, cancellationToken: cancellationToken);
        var curve = _options.Shots.Count == 0
            ? []
            : new FewShotCurve(Labels, _dataset.TestLabels, train, validation, test, _options).Measure(name, progress, cancellationToken);
        var (weight, bias) = model.Plain();
        using (weight)
        using (bias)
        {
            var width = (int)train.Features.shape[1];
            return new ProbedFeatures(name, width, model.Penalty, evaluation with { Predictions = predictions }, curve)
            {
                Coefficients = [.. weight.data<float>().ToArray().Chunk(width)],
                Intercepts = bias.data<float>().ToArray(),
            };
        }
    }

    private FeatureTable Table(DatasetSplit split, Dictionary<DatasetSplit, float[][]> rows) => new(
        tensor(rows[split].SelectMany(r => r).ToArray(), [rows[split].Length, rows[split][0].Length]),
        tensor(_splits[split].Targets, [rows[split].Length, Labels.Count]));
}
