namespace Ark.Training;

/// <summary>A dataset whose lists have been read.</summary>
internal sealed record PreparedDataset(string Name, LabelSchema Labels, IReadOnlyList<string>? TestLabels,
    IReadOnlyList<ImageSample> Train, IReadOnlyList<ImageSample> Validation, IReadOnlyList<ImageSample> Test)
{
    /// <summary>Reads all lists of all datasets, so that what is wrong with them shows before training.</summary>
    public static async Task<IReadOnlyList<PreparedDataset>> ReadAsync(IReadOnlyList<ArkDataset> datasets, CancellationToken cancellationToken)
    {
        var prepared = new List<PreparedDataset>();
        foreach (var dataset in datasets)
        {
            prepared.Add(new PreparedDataset(dataset.Name, dataset.Adapter.Labels, dataset.TestLabels,
                await dataset.Adapter.ReadAsync(DatasetSplit.Train, cancellationToken).ConfigureAwait(false),
                await dataset.Adapter.ReadAsync(DatasetSplit.Validation, cancellationToken).ConfigureAwait(false),
                await dataset.Adapter.ReadAsync(DatasetSplit.Test, cancellationToken).ConfigureAwait(false)));
        }

        return prepared;
    }

    public IReadOnlyList<ImageSample> this[DatasetSplit split] => split switch
    {
        DatasetSplit.Train => Train,
        DatasetSplit.Validation => Validation,
        _ => Test,
    };

    /// <summary>Whether validation and test are the same images, so that choosing on one would choose on the other.</summary>
    public bool SelectsOnTest => AreSame(Validation, Test);

    /// <summary>Whether two splits are the same images, in any order.</summary>
    public static bool AreSame(IReadOnlyList<ImageSample> one, IReadOnlyList<ImageSample> other) =>
        one.Count == other.Count && one.Select(s => s.Image.Name).ToHashSet(StringComparer.Ordinal).SetEquals(other.Select(s => s.Image.Name));
}
