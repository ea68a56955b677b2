namespace Ark.Data;

/// <summary>
/// Reads every list of a dataset to its end and decodes every image, and tells what is wrong: bad rows, images that are missing or cannot
/// be read, the same picture in two splits, a patient in two splits. Thread-safe.
/// </summary>
/// <param name="decoder">Decodes images.</param>
public sealed class DatasetChecker(IImageDecoder decoder)
{
    /// <summary>Checks a dataset.</summary>
    /// <param name="definition">The dataset.</param>
    /// <param name="adapter">Reads it.</param>
    /// <param name="options">How much to do; <see langword="null"/> for everything.</param>
    /// <param name="progress">Hears of every image that was decoded, from any thread.</param>
    /// <param name="cancellationToken">Ends the check early.</param>
    /// <returns>What was found. A list that cannot be read at all is a problem, not an exception.</returns>
    /// <exception cref="OperationCanceledException">The check was cancelled.</exception>
    public Task<DatasetCheck> CheckAsync(
        DatasetDefinition definition,
        IDatasetAdapter adapter,
        DatasetCheckOptions? options = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(adapter);
        options ??= new DatasetCheckOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Limit ?? 1, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Workers, 1, nameof(options));
        return Task.Run(() => Check(definition, adapter, options, progress, cancellationToken), cancellationToken);
    }

    /// <summary>Checks a segmentation dataset, masks included.</summary>
    /// <param name="definition">The dataset.</param>
    /// <param name="adapter">Reads it.</param>
    /// <param name="options">How much to do; <see langword="null"/> for everything.</param>
    /// <param name="progress">Hears of every image that was decoded, from any thread.</param>
    /// <param name="cancellationToken">Ends the check early.</param>
    /// <returns>What was found; a label is positive where the image has pixels of the structure.</returns>
    /// <exception cref="OperationCanceledException">The check was cancelled.</exception>
    public Task<DatasetCheck> CheckAsync(
        DatasetDefinition definition,
        ISegmentationAdapter adapter,
        DatasetCheckOptions? options = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(adapter);
        return CheckAsync(definition, new MaskedDataset(definition.Labels, adapter), options, progress, cancellationToken);
    }

    private DatasetCheck Check(
        DatasetDefinition definition,
        IDatasetAdapter adapter,
        DatasetCheckOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancellationToken)
    {
        var splits = new List<SplitReading>();
        var hasLists = (definition.TrainList ?? definition.ValidationList ?? definition.TestList) is not null;
        foreach (var split in SplitNames.All)
        {
            var list = split switch
            {
                DatasetSplit.Train => definition.TrainList,
                DatasetSplit.Validation => definition.ValidationList,
                _ => definition.TestList,
            };
            // Folders of masks need no lists, and what an adapter of the user's own needs is not known.
            if (list is null && (adapter is not MaskedDataset masks || (hasLists && masks.ReadsLists))) continue;
            list ??= Path.Combine(definition.DataDirectory, split.Word());
            var reading = new SplitReading(split, list);
            reading.Read(adapter, cancellationToken);
            reading.Decode(decoder, options, progress is null ? null : (done, total) => progress.Report(
                new WorkProgress($"checking {definition.Name} {split.ResultWord()}", done, total)), cancellationToken);
            splits.Add(reading);
        }

        SplitComparison.Compare(splits);
        return new DatasetCheck(definition.Name, [.. splits.Select(s => s.Report(adapter.Labels))]);
    }
}
