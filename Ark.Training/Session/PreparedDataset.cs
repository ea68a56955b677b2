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
    public bool SelectsOnTest => Validation.Count == Test.Count && Validation.Zip(Test).All(p => p.First.Image.Name == p.Second.Image.Name);
}
