namespace Ark.Data;

/// <summary>
/// Leaves a part of a training split, as the published code does: the images in the order of <c>random.Random(99).shuffle</c>, the first
/// <c>int(n * percent / 100)</c> of them. The other splits stay whole.
/// </summary>
/// <param name="inner">Reads the dataset.</param>
/// <param name="definition">The dataset, with its percentage.</param>
internal sealed class AnnotatedFraction(IDatasetAdapter inner, DatasetDefinition definition) : IDatasetAdapter, ICheckableAdapter
{
    private const ulong PublishedSeed = 99;

    /// <inheritdoc/>
    public LabelSchema Labels => inner.Labels;

    /// <summary>Which images are left, in order.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="percent">How many of a hundred are left.</param>
    /// <returns>Their indices.</returns>
    public static int[] Choose(int count, int percent)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++) order[i] = i;
        new PythonRandom(PublishedSeed).Shuffle(order);
        return order[..(int)((long)count * percent / 100.0)];
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default)
    {
        var samples = await inner.ReadAsync(split, cancellationToken).ConfigureAwait(false);
        if (split != DatasetSplit.Train) return samples;
        var chosen = Choose(samples.Count, definition.AnnotationPercent);
        if (chosen.Length > 0) return [.. chosen.Select(i => samples[i])];
        throw new ArkInputException(
            definition.Source, $"dataset '{definition.Name}', key 'annotation_percent'",
            $"{definition.AnnotationPercent} % of {samples.Count} images is none", "Raise the percentage.");
    }

    /// <inheritdoc/>
    public IReadOnlyList<ImageSample> ReadAll(
        DatasetSplit split, ReadingNotes notes, Action<ArkInputException> problem, CancellationToken cancellationToken) =>
        inner is ICheckableAdapter whole
            ? whole.ReadAll(split, notes, problem, cancellationToken)
            : inner.ReadAsync(split, cancellationToken).AsTask().GetAwaiter().GetResult();
}
