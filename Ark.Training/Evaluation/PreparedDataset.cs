using Ark.Data;

namespace Ark.Evaluation;

/// <summary>A dataset whose lists have been read.</summary>
internal sealed record PreparedDataset(string Name, LabelSchema Labels, IReadOnlyList<string>? TestLabels,
    IReadOnlyList<ImageSample> Train, IReadOnlyList<ImageSample> Validation, IReadOnlyList<ImageSample> Test)
{
    /// <summary>Reads all lists of all datasets, so that what is wrong with them shows before training.</summary>
    public static async Task<IReadOnlyList<PreparedDataset>> ReadAsync(
        IReadOnlyList<ArkDataset> datasets, CancellationToken cancellationToken)
    {
        var prepared = new List<PreparedDataset>();
        foreach (var dataset in datasets)
        {
            RequireLabels(dataset);
            prepared.Add(new PreparedDataset(dataset.Name, dataset.Adapter.Labels, dataset.TestLabels,
                await ReadAsync(dataset, DatasetSplit.Train, cancellationToken).ConfigureAwait(false),
                await ReadAsync(dataset, DatasetSplit.Validation, cancellationToken).ConfigureAwait(false),
                await ReadAsync(dataset, DatasetSplit.Test, cancellationToken).ConfigureAwait(false)));
        }

        return prepared;
    }

    /// <summary>
    /// Reads the images of all datasets for a training without labels, which needs no test split and does not look at one.
    /// </summary>
    public static async Task<IReadOnlyList<PreparedDataset>> ReadImagesAsync(
        IReadOnlyList<ArkDataset> datasets, CancellationToken cancellationToken)
    {
        var prepared = new List<PreparedDataset>();
        foreach (var dataset in datasets)
        {
            async Task<IReadOnlyList<ImageSample>> ImagesOf(DatasetSplit split)
            {
                var samples = await dataset.Adapter.ReadAsync(split, cancellationToken).ConfigureAwait(false);
                return samples.Count > 0 ? [.. samples.Select(s => s with { Targets = [] })] : throw NoImage(
                    dataset.Name, split, "This training needs two: train and val.");
            }

            prepared.Add(new PreparedDataset(
                dataset.Name, new LabelSchema(LabelTask.Unlabeled, []), null, await ImagesOf(DatasetSplit.Train).ConfigureAwait(false),
                await ImagesOf(DatasetSplit.Validation).ConfigureAwait(false), []));
        }

        return prepared;
    }

    /// <summary>Refuses a dataset without labels where they are needed.</summary>
    /// <exception cref="ArkInputException">It has none.</exception>
    public static void RequireLabels(ArkDataset dataset)
    {
        if (dataset.Adapter.Labels.Task == LabelTask.Unlabeled)
            throw new ArkInputException(
                dataset.Name, null, "has no labels, and they are needed here",
                "Such a dataset is for masked image modeling (recipe simmim) alone: name another, or give it labels.");
    }

    /// <summary>Tells whether lists are those that a run began with.</summary>
    public string Digest =>
        field ??= ListDigest.Of([.. ((IReadOnlyList<ImageSample>[])[Train, Validation, Test]).Select(split => split
            .Select(s => (s.Image.Name, s.Targets))
            .ToArray())]);

    private static async Task<IReadOnlyList<ImageSample>> ReadAsync(
        ArkDataset dataset, DatasetSplit split, CancellationToken cancellationToken)
    {
        var samples = await dataset.Adapter.ReadAsync(split, cancellationToken).ConfigureAwait(false);
        if (samples.Count == 0)
            throw NoImage(dataset.Name, split, "Training needs all three: train, val and test.");
        if (split == DatasetSplit.Test) ArkEvaluator.CheckTargets(dataset, samples);
        return samples;
    }

    private static ArkInputException NoImage(string dataset, DatasetSplit split, string hint) =>
        new(dataset, null, $"has no image in its {split.Word()} split", hint);

    public IReadOnlyList<ImageSample> this[DatasetSplit split] => split switch
    {
        DatasetSplit.Train => Train,
        DatasetSplit.Validation => Validation,
        _ => Test,
    };

    /// <summary>Whether training and validation are the same images, so that validation says nothing of others.</summary>
    public bool ValidatesOnTraining => SharedImages.AreSame(Train, Validation);

    /// <summary>Whether validation and test are the same images, so that choosing on one would choose on the other.</summary>
    public bool SelectsOnTest => SharedImages.AreSame(Validation, Test);
}
