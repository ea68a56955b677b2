namespace Ark.Training;

/// <summary>A segmentation dataset whose lists have been read.</summary>
internal sealed record PreparedSegmentation(string Name, IReadOnlyList<string> Structures,
    IReadOnlyList<SegmentationSample> Train, IReadOnlyList<SegmentationSample> Validation, IReadOnlyList<SegmentationSample> Test)
{
    /// <summary>Reads all lists, so that what is wrong with them shows before training.</summary>
    public static async Task<PreparedSegmentation> ReadAsync(SegmentationDataset dataset, CancellationToken cancellationToken)
    {
        var data = new PreparedSegmentation(dataset.Name, dataset.Adapter.Structures,
            await dataset.Adapter.ReadAsync(DatasetSplit.Train, cancellationToken).ConfigureAwait(false),
            await dataset.Adapter.ReadAsync(DatasetSplit.Validation, cancellationToken).ConfigureAwait(false),
            await dataset.Adapter.ReadAsync(DatasetSplit.Test, cancellationToken).ConfigureAwait(false));
        if (data.Train.Count < 2) throw new ArkInputException(dataset.Name, "training split", "has one image", "Batch normalisation needs two at least.");
        return data;
    }

    /// <summary>Whether validation and test are the same images.</summary>
    public bool SelectsOnTest =>
        Validation.Count == Test.Count && Validation.Select(s => s.Image.Name).ToHashSet(StringComparer.Ordinal).SetEquals(Test.Select(s => s.Image.Name));
}
