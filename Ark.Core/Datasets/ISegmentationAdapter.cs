namespace Ark;

/// <summary>
/// A dataset of images with the outlines of structures in them, and its own splits. One implementation knows one way of storing masks.
/// </summary>
/// <remarks>
/// Register an implementation with <c>services.AddArk().AddSegmentationAdapter&lt;TAdapter&gt;("name")</c> and name it in a catalogue
/// (<c>adapter: name</c>, <c>task_type: segmentation</c>). It is constructed with the <see cref="DatasetDefinition"/> that the catalogue
/// holds, whose labels are the structures, and with any other service that its constructor asks for. Implementations need not be
/// thread-safe; the samples that they return are.
/// </remarks>
public interface ISegmentationAdapter
{
    /// <summary>The structures in the order of the network's outputs; at most 32. A pixel may belong to several.</summary>
    IReadOnlyList<string> Structures { get; }

    /// <summary>Reads which images a split has and where their masks are, in list order; decodes nothing.</summary>
    /// <param name="split">The part to read.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The samples; never empty.</returns>
    /// <exception cref="ArkInputException">A list is missing or malformed, or names a file that does not exist.</exception>
    ValueTask<IReadOnlyList<SegmentationSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default);
}
