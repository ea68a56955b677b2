using System.Runtime.ExceptionServices;

namespace Ark.Data;

/// <summary>An adapter that reads a list row by row: strictly for a run, to the end for a check.</summary>
/// <param name="definition">The dataset.</param>
internal abstract class RowAdapter(DatasetDefinition definition) : IDatasetAdapter, ICheckableAdapter
{
    /// <inheritdoc/>
    public LabelSchema Labels => Definition.Labels;

    protected DatasetDefinition Definition { get; } = definition;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default)
    {
        _ = Definition.ListOf(split);
        return new(Task.Run(() => ReadAll(
            split, new ReadingNotes(), static e => ExceptionDispatchInfo.Throw(e), cancellationToken), cancellationToken));
    }

    /// <inheritdoc/>
    public IReadOnlyList<ImageSample> ReadAll(
        DatasetSplit split, ReadingNotes notes, Action<ArkInputException> problem, CancellationToken cancellationToken)
    {
        var list = Definition.ListOf(split);
        var problems = 0;
        var samples = new List<ImageSample>();
        Read(
            list,
            split,
            samples,
            notes,
            e =>
            {
                problems++;
                problem(e);
            },
            cancellationToken);
        if (samples.Count == 0 && problems == 0) throw Empty(list, split);
        if (Labels.Count > 0 && samples.Count > 0 && samples.TrueForAll(s => Array.TrueForAll(s.Targets, float.IsNaN)))
            throw new ArkInputException(
                list, null, "every label is missing, so there is nothing to learn or to measure", "Correct the label columns.");
        return samples;
    }

    /// <summary>Reads the rows.</summary>
    /// <param name="list">The list.</param>
    /// <param name="split">Which split the list is read for.</param>
    /// <param name="samples">Receives the sound rows.</param>
    /// <param name="notes">Receives what is no error and must be told.</param>
    /// <param name="problem">Hears of the others; may throw.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    protected abstract void Read(
        string list, DatasetSplit split, List<ImageSample> samples, ReadingNotes notes, Action<ArkInputException> problem,
        CancellationToken cancellationToken);

    /// <summary>The error for a list without rows.</summary>
    /// <param name="list">The list.</param>
    /// <param name="split">Which split the list was read for.</param>
    /// <returns>The exception to throw.</returns>
    protected virtual ArkInputException Empty(string list, DatasetSplit split) =>
        new(list, null, "the list is empty", "A list has one row a line: an image name and its labels.");
}
