using Ark.Models;

namespace Ark.Training;

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
    public async Task<(DatasetEvaluation Evaluation, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Sources, IReadOnlyList<string> Unknown)> EvaluateAsync(LoadedModel model, ArkDataset dataset, DatasetSplit split,
        HeadCombination combination, ReadingOptions reading, InferencePrecision precision, ScoringOptions scoring, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        var samples = await dataset.Adapter.ReadAsync(split, cancellationToken).ConfigureAwait(false);
        return await Task.Factory.StartNew(() => Evaluate(model, dataset, split, samples, combination, reading, precision, scoring, progress, cancellationToken),
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    private (DatasetEvaluation Evaluation, IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Sources, IReadOnlyList<string> Unknown) Evaluate(LoadedModel model, ArkDataset dataset, DatasetSplit split,
        IReadOnlyList<ImageSample> samples, HeadCombination combination, ReadingOptions reading, InferencePrecision precision, ScoringOptions scoring, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        using var runner = new ModelRunner(model, precision);
        var (names, findings) = (dataset.Adapter.Labels.Names, new FindingReader(runner.Heads, combination));
        int[] known = [.. Enumerable.Range(0, names.Count).Where(k => findings.PlacesOf(names[k]).Count > 0)];
        if (known.Length == 0) findings.RequirePlacesOf(names[0]);
        var places = known.Select(k => findings.PlacesOf(names[k])).ToArray();
        var activation = new HeadActivation(runner.Heads, calibration: null);
        var (targets, probabilities, read) = (new List<float>(), new List<float>(), new List<int>());
        foreach (var (index, logits) in new LogitReader(runner, decoder).Read(samples, reading with { Source = dataset.Name, What = $"reading {dataset.Name}" }, progress, cancellationToken))
        {
            var all = ImagePredictor.MeanOverViews(activation, logits, runner.LogitCount);
            read.Add(index);
            targets.AddRange(known.Select(k => samples[index].Targets[k]));
            probabilities.AddRange(places.Select(p => (float)findings.Combine(p, all)));
        }

        // Answers of several heads do not exclude each other any more, whatever the dataset's own labels do.
        var predictions = new Predictions(new LabelSchema(LabelTask.MultiLabel, [.. known.Select(k => names[k])]), [.. targets], [.. probabilities],
            [.. read.Select(i => samples[i].Image.Name)], samples.Any(s => s.PatientId is not null) ? [.. read.Select(i => samples[i].PatientId)] : null);
        var evaluation = predictions.Evaluate(dataset.Name, split, model.Weights, dataset.TestLabels, scoring, cancellationToken: cancellationToken);
        return (evaluation with { Predictions = predictions }, [.. known.Select(k => KeyValuePair.Create(names[k], findings.SourcesOf(names[k])))], [.. names.Where((_, k) => !known.Contains(k))]);
    }
}
