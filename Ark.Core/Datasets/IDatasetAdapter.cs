namespace Ark;

/// <summary>
/// A dataset with its own label schema and its own splits. One implementation knows one way of storing labels;
/// the trainer, evaluation and data checks need nothing else to use it.
/// </summary>
/// <remarks>
/// Register an implementation with <c>services.AddArk().AddDatasetAdapter&lt;TAdapter&gt;("name")</c> and name it in a
/// catalogue (<c>adapter: name</c>). It is constructed with the <see cref="DatasetDefinition"/> that the catalogue holds,
/// and with any other service that its constructor asks for. Implementations need not be thread-safe.
/// </remarks>
public interface IDatasetAdapter
{
    /// <summary>The labels, in the order of the head's outputs.</summary>
    LabelSchema Labels { get; }

    /// <summary>Reads which images a split has and what their targets are, in list order; decodes nothing.</summary>
    /// <param name="split">The part to read.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The samples; never empty.</returns>
    /// <exception cref="ArkInputException">A list is missing or malformed, or names an image that does not exist.</exception>
    ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default);
}
