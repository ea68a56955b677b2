using Ark.Data;
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
    /// <param name="stretch">Whether the grey levels of each picture are spread over the full range first: for pictures of low
    /// contrast.</param>
    /// <param name="rawMasks">Whether masks are measured as the network finds them; else as prediction gives them: without small islands
    /// and with holes filled, of every structure but ribs.</param>
    /// <param name="badImages">Whether an image that cannot be read, or whose masks cannot, ends the work, or is left out and told as a
    /// warning.</param>
    /// <param name="progress">Is told what happens.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <returns>The figures.</returns>
    /// <exception cref="ArkInputException">A list, an image or a mask cannot be used, or a structure is unknown to the network.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<SegmentationEvaluation> EvaluateAsync(
        LoadedSegmenter model, SegmentationDataset dataset, DatasetSplit split, ScoringOptions? options = null, bool stretch = false,
        bool rawMasks = false, BadImagePolicy badImages = BadImagePolicy.Stop, IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(dataset);
        var samples = await dataset.Adapter.ReadAsync(split, cancellationToken).ConfigureAwait(false);
        var what = $"evaluating {dataset.Name}";
        void Skip(SkippedImage image) =>
            progress?.Report(new WorkProgress(what, image.Index + 1, samples.Count) { Warning = $"left out {image.Reason}" });
        return await OwnThread.RunAsync(
            () => Evaluate(
                model, dataset.Name, dataset.Adapter.Structures, split, samples, options ?? new ScoringOptions(), stretch, rawMasks,
                done => progress?.Report(new WorkProgress(what, done, samples.Count)), badImages == BadImagePolicy.Skip ? Skip : null,
                cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The same for a list that has been read.</summary>
    /// <param name="model">The network; borrowed.</param>
    /// <param name="name">The dataset.</param>
    /// <param name="structures">Its structures.</param>
    /// <param name="split">The split.</param>
    /// <param name="samples">Its images.</param>
    /// <param name="options">How to score.</param>
    /// <param name="stretch">Whether grey levels are spread first.</param>
    /// <param name="raw">Whether masks are measured as the network finds them.</param>
    /// <param name="done">Is told how many images are done.</param>
    /// <param name="skip">Is told of images that are left out; <see langword="null"/> to stop at the first that cannot be read.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    internal SegmentationEvaluation Evaluate(
        LoadedSegmenter model, string name, IReadOnlyList<string> structures, DatasetSplit split,
        IReadOnlyList<SegmentationSample> samples, ScoringOptions options, bool stretch, bool raw, Action<int> done,
        Action<SkippedImage>? skip, CancellationToken cancellationToken)
    {
        int[] outputs = [.. structures.Select(s => OutputOf(model, name, s))];
        StructureScores[] scores = [.. structures.Select(s => new StructureScores(s))];
        var patients = new List<string?>();
        var ratios = new List<(double? Found, double? Truth)>();
        for (var i = 0; i < samples.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var sample = samples[i];
            if (Read(i, sample, skip) is not var (image, truth)) continue;
            var found = model.Segment(image, stretch, raw, cancellationToken);
            var spacing = sample.Spacing?.For(image.Width);
            patients.Add(sample.PatientId);
            var masks = new Mask[scores.Length];
            Parallel.For(0, scores.Length, k =>
            {
                masks[k] = new Mask(truth.Width, truth.Height, truth.Of(k));
                scores[k].Add(found[outputs[k]], masks[k], spacing, truth.IgnoredOf(k));
            });
            ratios.Add((SegmentationMeasurements.RatioOf(model.Structures, found), RatioOf(structures, masks, truth)));
            done(i + 1);
        }

        if (patients.Count == 0)
        {
            throw new ArkInputException(name, $"{split.Word()} split", $"none of its {samples.Count} images can be read",
                "See the reasons reported for each image.");
        }

        var bootstrap = new Bootstrap(patients.Count, [.. patients]);
        var replicates = options.Replicates == 0 ? [] : bootstrap.Run(options.Replicates, options.Seed,
            scores.Length * StructureScores.Count, (
            weights, figures) =>
        {
            for (var k = 0; k < scores.Length; k++)
                scores[k].Means(weights, figures.Slice(k * StructureScores.Count, StructureScores.Count));
        }, cancellationToken);
        return new SegmentationEvaluation
        {
            Dataset = name,
            Split = split,
            Checkpoint = model.Checkpoint,
            Images = patients.Count,
            IsStretched = stretch,
            HasRawMasks = raw,
            Structures = [.. scores.Select((s, k) => s.Evaluate(replicates, k * StructureScores.Count))],
            CardiothoracicRatio = CardiothoracicEvaluation.Of(ratios),
            Resampling = options.Replicates == 0
                ? null
                : new Resampling(options.Replicates, options.Seed, bootstrap.Units, bootstrap.ByPatient),
        };
    }

    // Of what is known of every pixel: where one is left out, nobody knows how wide the structure is.
    private static double? RatioOf(IReadOnlyList<string> structures, Mask[] masks, StructureMap truth)
    {
        int[] known = [.. Enumerable.Range(0, masks.Length).Where(k => truth.IgnoredOf(k) is null)];
        return SegmentationMeasurements.RatioOf([.. known.Select(k => structures[k])], [.. known.Select(k => masks[k])]);
    }

    private (RasterImage Image, StructureMap Truth)? Read(int index, SegmentationSample sample, Action<SkippedImage>? skip)
    {
        try
        {
            var image = sample.Image.Load(decoder);
            return (image, sample.LoadMasks(decoder, image.Width, image.Height));
        }
        catch (ArkInputException e) when (skip is not null)
        {
            skip(new SkippedImage(index, sample.Image.Name, e.Message));
            return null;
        }
    }

    private static int OutputOf(LoadedSegmenter model, string dataset, string structure)
    {
        var found = StructureIndex.Of(model.Structures, structure);
        return found >= 0 ? found : throw new ArkInputException(
            model.Checkpoint,
            null,
            $"does not know the structure '{structure}' of '{dataset}'",
            NameSuggestion.For(structure, model.Structures, "It knows"));
    }
}
