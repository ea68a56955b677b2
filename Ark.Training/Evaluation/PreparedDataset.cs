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
            prepared.Add(new PreparedDataset(dataset.Name, dataset.Adapter.Labels, dataset.TestLabels,
                await ReadAsync(dataset, DatasetSplit.Train, cancellationToken).ConfigureAwait(false),
                await ReadAsync(dataset, DatasetSplit.Validation, cancellationToken).ConfigureAwait(false),
                await ReadAsync(dataset, DatasetSplit.Test, cancellationToken).ConfigureAwait(false)));
        }

        return prepared;
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
            throw new ArkInputException(
                dataset.Name, null, $"has no image in its {split.Word()} split", "Training needs all three: train, val and test.");
        if (split == DatasetSplit.Test) ArkEvaluator.CheckTargets(dataset, samples);
        return samples;
    }

    public IReadOnlyList<ImageSample> this[DatasetSplit split] => split switch
    {
        DatasetSplit.Train => Train,
        DatasetSplit.Validation => Validation,
        _ => Test,
    };

    /// <summary>Whether validation and test are the same images, so that choosing on one would choose on the other.</summary>
    public bool SelectsOnTest => SharedImages.AreSame(Validation, Test);
}
