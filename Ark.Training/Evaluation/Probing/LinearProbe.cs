using Ark.Data;
using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>
/// How much a linear model gets out of features: logistic regression by L-BFGS, its penalty chosen on validation, its figures measured on test, which takes part in no choice. Several
/// sources are probed on the same images, so that they can be compared image by image.
/// </summary>
internal sealed class LinearProbe
{
    private readonly ArkDataset _dataset;
    private readonly ProbeOptions _options;
    private readonly Dictionary<DatasetSplit, ProbeSplit> _splits = [];
    private readonly List<(string Name, Dictionary<DatasetSplit, float[][]> Rows)> _sources = [];

    private LinearProbe(ArkDataset dataset, ProbeOptions options)
    {
        _dataset = dataset;
        _options = options;
    }

    /// <summary>Images that were left out because a source lacks them.</summary>
    public int LeftOut { get; private set; }

    private LabelSchema Labels => _dataset.Adapter.Labels;

    /// <summary>Reads a dataset's features from every source.</summary>
    public static async Task<LinearProbe> ReadAsync(ArkDataset dataset, IReadOnlyList<FeatureSource> sources, ProbeOptions options, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var probe = new LinearProbe(dataset, options);
        foreach (var source in sources) probe._sources.Add((source.Name, []));
        foreach (var split in Enum.GetValues<DatasetSplit>())
        {
            var samples = await dataset.Adapter.ReadAsync(split, cancellationToken).ConfigureAwait(false);
            var read = await OwnThread.RunAsync(
                () => sources.Select(s => s.Read(samples, dataset, progress, cancellationToken)).ToList(), cancellationToken).ConfigureAwait(false);
            int[] kept = [.. Enumerable.Range(0, samples.Count).Where(i => read.TrueForAll(r => r[i] is not null))];
            if (kept.Length == 0) throw new ArkInputException(dataset.Name, $"split '{split}'", "has no image that every source of features has", "Compare files of the same images.");
            if (split == DatasetSplit.Test) ArkEvaluator.CheckTargets(dataset, samples);
            probe.LeftOut += samples.Count - kept.Length;
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

    /// <summary>Fits and measures every source, in their order.</summary>
    /// <param name="progress">Is told what happens.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <param name="fitted">Receives the whole-split model of each source before it is disposed.</param>
    public Task<IReadOnlyList<ProbeResult>> RunAsync(IProgress<WorkProgress>? progress, CancellationToken cancellationToken, Action<string, LogisticRegression>? fitted = null) =>
        OwnThread.RunAsync<IReadOnlyList<ProbeResult>>(
            () => [.. _sources.Select(s => Run(s.Name, s.Rows, progress, fitted, cancellationToken))], cancellationToken);

    /// <summary>Compares two sources on the test images, over the labels that are reported.</summary>
    public ModelComparison Compare(ProbeResult first, ProbeResult second, CancellationToken cancellationToken) =>
        // Both are of the same rows in the same order, of which two may show one image.
        ModelComparison.Of(first.Predictions.Only(_dataset.TestLabels).Unnamed(), second.Predictions.Only(_dataset.TestLabels).Unnamed(), new ScoringOptions { Replicates = _options.Replicates, Seed = _options.Seed }, cancellationToken);

    private ProbeResult Run(string name, Dictionary<DatasetSplit, float[][]> rows, IProgress<WorkProgress>? progress, Action<string, LogisticRegression>? fitted, CancellationToken cancellationToken)
    {
        progress?.Report(new WorkProgress($"fitting {name}", 0, 1));
        using var train = Table(DatasetSplit.Train, rows);
        using var validation = Table(DatasetSplit.Validation, rows);
        using var test = Table(DatasetSplit.Test, rows);
        using var model = LogisticRegression.FitBest(Labels, train, validation, _options.Penalties, cancellationToken: cancellationToken);
        var split = _splits[DatasetSplit.Test];
        var predictions = new Predictions(Labels, split.Targets, model.Predict(test.Features), split.Names, split.Patients);
        var evaluation = predictions.Evaluate(_dataset.Name, DatasetSplit.Test, ModelRole.Teacher, _dataset.TestLabels, new ScoringOptions { Replicates = _options.Replicates, Seed = _options.Seed }, cancellationToken: cancellationToken);
        fitted?.Invoke(name, model);
        var curve = _options.Shots.Count == 0 ? [] : new FewShotCurve(Labels, _dataset.TestLabels, train, validation, test, _options).Measure(name, progress, cancellationToken);
        return new ProbeResult(name, (int)train.Features.shape[1], model.Penalty, evaluation, predictions, curve);
    }

    private FeatureTable Table(DatasetSplit split, Dictionary<DatasetSplit, float[][]> rows) => new(
        tensor(rows[split].SelectMany(r => r).ToArray(), [rows[split].Length, rows[split][0].Length]),
        tensor(_splits[split].Targets, [rows[split].Length, Labels.Count]));
}
