namespace Ark.Data;

/// <summary>An adapter that can go on after a bad row, so that a check finds all of them.</summary>
internal interface ICheckableAdapter
{
    /// <summary>Reads a split to its end.</summary>
    /// <param name="split">The part to read.</param>
    /// <param name="notes">Receives what is no error and must be told.</param>
    /// <param name="problem">Hears of every bad row, in order; throwing from it ends the reading.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The sound rows; perhaps none.</returns>
    /// <exception cref="ArkInputException">The rest of the list cannot be read.</exception>
    IReadOnlyList<ImageSample> ReadAll(
        DatasetSplit split, ReadingNotes notes, Action<ArkInputException> problem, CancellationToken cancellationToken);
}
