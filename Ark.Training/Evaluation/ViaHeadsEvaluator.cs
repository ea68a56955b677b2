using Ark.Data;
using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>
/// Measures how a model reads a dataset that it has no head for: each label is answered by the heads that were trained on the same finding, under whatever name. Labels that no head was
/// trained on are not reported.
/// </summary>
/// <param name="decoder">Decodes images.</param>
internal sealed class ViaHeadsEvaluator(IImageDecoder decoder)
{
    /// <summary>Evaluates.</summary>
    /// <returns>The figures of the labels that are known, the heads that answered for each, and the labels that no head knows.</returns>
    /// <exception cref="ArkInputException">No head knows any of the labels, or a list or an image cannot be used.</exception>
    public async Task<(DatasetEvaluation Evaluation, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Sources, IReadOnlyList<string> Unknown)> EvaluateAsync(LoadedModel model, ArkDataset dataset,
        EvaluationOptions options, HeadCombination combination, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArkEvaluator.Check(options, dataset.Adapter.Labels);
        var samples = await dataset.Adapter.ReadAsync(options.Split, cancellationToken).ConfigureAwait(false);
        ArkEvaluator.CheckTargets(dataset, samples);
        if (options.Split == DatasetSplit.Test && await ArkEvaluator.SelectsOnTestAsync(dataset, samples, cancellationToken).ConfigureAwait(false))
            progress?.Report(new WorkProgress($"reading {dataset.Name}", 0, samples.Count) { Warning = ArkEvaluator.SelectedOnTest(dataset) });
        return await OwnThread.RunAsync(
            () => Evaluate(model, dataset, samples, options, combination, progress, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private (DatasetEvaluation Evaluation, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Sources, IReadOnlyList<string> Unknown) Evaluate(LoadedModel model, ArkDataset dataset,
        IReadOnlyList<ImageSample> samples, EvaluationOptions options, HeadCombination combination, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var runner = new ModelRunner(model, options.Precision);
        var reported = options.Labels ?? dataset.TestLabels;
        var (names, findings) = (dataset.Adapter.Labels.Names, new FindingReader(runner.Heads, combination));
        int[] known = [.. Enumerable.Range(0, names.Count).Where(k => findings.PlacesOf(names[k]).Count > 0)];
        if (!known.Any(k => reported is null || reported.Contains(names[k], StringComparer.Ordinal))) findings.RequirePlacesOf(reported is { Count: > 0 } ? reported[0] : names[0]);
        var places = known.Select(k => findings.PlacesOf(names[k])).ToArray();
        var activation = new HeadActivation(runner.Heads, calibration: null);
        var (targets, probabilities, read) = (new List<float>(), new List<float>(), new List<int>());
        var reading = new ReadingOptions { BatchSize = options.BatchSize, Workers = options.Workers, Crops = options.Crops, BadImages = options.BadImages, Source = dataset.Name, What = $"reading {dataset.Name}" };
        foreach (var (index, logits) in new DatasetReader(decoder, reading).ReadLogits(runner, samples, progress, cancellationToken))
        {
            var all = activation.MeanOverViews(logits);
            read.Add(index);
            targets.AddRange(known.Select(k => samples[index].Targets[k]));
            probabilities.AddRange(places.Select(p => (float)findings.Combine(p, all)));
        }

        // Answers of several heads do not exclude each other any more, whatever the dataset's own labels do.
        var predictions = new Predictions(new LabelSchema(LabelTask.MultiLabel, [.. known.Select(k => names[k])]), [.. targets], [.. probabilities],
            [.. read.Select(i => ArkEvaluator.NameOf(samples[i], dataset.Folder))], samples.Any(s => s.PatientId is not null) ? [.. read.Select(i => samples[i].PatientId)] : null);
        var evaluation = predictions.Evaluate(dataset.Name, options.Split, model.Weights, reported, options.Scoring, cancellationToken: cancellationToken);
        return (evaluation with { Predictions = predictions }, [.. known.Select(k => KeyValuePair.Create(names[k], findings.SourcesOf(names[k])))], [.. names.Where((_, k) => !known.Contains(k))]);
    }
}
