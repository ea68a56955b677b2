namespace Ark.Tests;

/// <summary>The first samples of another adapter's splits, perhaps changed.</summary>
internal sealed class FewSamples(IDatasetAdapter inner, int count, Func<DatasetSplit, ImageSample, ImageSample>? change = null)
    : IDatasetAdapter
{
    public LabelSchema Labels => inner.Labels;

    public async ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default) =>
        [.. (await inner.ReadAsync(split, cancellationToken)).Take(count).Select(s => change is null ? s : change(split, s))];
}
