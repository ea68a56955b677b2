using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>Measures segmentation networks against the masks of a dataset. Thread-safe.</summary>
/// <param name="decoder">Decodes images and masks.</param>
public sealed class SegmentationEvaluator(IImageDecoder decoder)
{
    /// <summary>Measures a network on one split, in the grid of the stored images.</summary>
    /// <param name="model">The network; borrowed.</param>
    /// <param name="dataset">The dataset; the network must know all its structures.</param>
    /// <param name="split">The split.</param>
    /// <param name="options">How many bootstrap replicates to draw; the threshold has no meaning here.</param>
    /// <param name="stretch">Whether the grey levels of each picture are spread over the full range first: for pictures of low contrast.</param>
    /// <param name="progress">Is told what happens.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>The figures.</returns>
    /// <exception cref="ArkInputException">A list, an image or a mask cannot be used, or a structure is unknown to the network.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<SegmentationEvaluation> EvaluateAsync(
        LoadedSegmenter model, SegmentationDataset dataset, DatasetSplit split, ScoringOptions? options = null, bool stretch = false, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(dataset);
        var samples = await dataset.Adapter.ReadAsync(split, cancellationToken).ConfigureAwait(false);
        return await OwnThread.RunAsync(
            () => Evaluate(model, dataset.Name, dataset.Adapter.Structures, split, samples, options ?? new ScoringOptions(), stretch, done => progress?.Report(new WorkProgress($"evaluating {dataset.Name}", done, samples.Count)), cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same for samples that have been read.</summary>
    internal SegmentationEvaluation Evaluate(
        LoadedSegmenter model, string name, IReadOnlyList<string> structures, DatasetSplit split, IReadOnlyList<SegmentationSample> samples, ScoringOptions options, bool stretch, Action<int> done, CancellationToken cancellationToken)
    {
        int[] outputs = [.. structures.Select(s => OutputOf(model, name, s))];
        StructureScores[] scores = [.. structures.Select(s => new StructureScores(s, samples.Count))];
        for (var i = 0; i < samples.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var sample = samples[i];
            var image = sample.Image.Load(decoder);
            var truth = sample.LoadMasks(decoder, image);
            var found = model.Segment(image, stretch);
            var (index, spacing) = (i, sample.Spacing?.For(image.Width));
            Parallel.For(0, scores.Length, k => scores[k].Add(index, found[outputs[k]], new Mask(truth.Width, truth.Height, truth.Of(k)), spacing));
            done(i + 1);
        }

        var bootstrap = new Bootstrap(samples.Count, [.. samples.Select(s => s.PatientId)]);
        var replicates = options.Replicates == 0 ? [] : bootstrap.Run(options.Replicates, options.Seed, scores.Length * StructureScores.Count, (weights, figures) =>
        {
            for (var k = 0; k < scores.Length; k++) scores[k].Means(weights, figures.Slice(k * StructureScores.Count, StructureScores.Count));
        }, cancellationToken);
        return new SegmentationEvaluation
        {
            Dataset = name,
            Split = split,
            Checkpoint = model.Checkpoint,
            Images = samples.Count,
            IsStretched = stretch,
            Structures = [.. scores.Select((s, k) => s.Evaluate(replicates, k * StructureScores.Count))],
            Resampling = options.Replicates == 0 ? null : new Resampling(options.Replicates, options.Seed, bootstrap.Units, bootstrap.ByPatient),
        };
    }

    private static int OutputOf(LoadedSegmenter model, string dataset, string structure)
    {
        var found = StructureIndex.Of(model.Structures, structure);
        return found >= 0 ? found : throw new ArkInputException(model.Checkpoint, null, $"does not know the structure '{structure}' of '{dataset}'", NameSuggestion.For(structure, model.Structures, "It knows"));
    }
}
