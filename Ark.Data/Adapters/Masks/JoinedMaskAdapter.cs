namespace Ark.Data;

/// <summary>
/// Several segmentation datasets as one: all their images, and all their structures in the order in which they first come. Structures of
/// one name are one. What a dataset has no masks of is left out for its images, as nobody has looked for it there.
/// </summary>
/// <param name="datasets">The datasets by their names, at least one.</param>
internal sealed class JoinedMaskAdapter(IReadOnlyList<(string Name, ISegmentationAdapter Adapter)> datasets) : ISegmentationAdapter
{
    public IReadOnlyList<string> Structures { get; } =
        [.. datasets.SelectMany(d => d.Adapter.Structures).Distinct(StringComparer.Ordinal)];

    public async ValueTask<IReadOnlyList<SegmentationSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default)
    {
        var all = new List<SegmentationSample>();
        foreach (var (name, adapter) in datasets)
        {
            int[] places = [.. adapter.Structures.Select(s => Structures.ToList().IndexOf(s))];
            var absent = StructureMap.Every;
            // More structures than a map can hold are refused by whoever asks for them.
            foreach (var place in places.Where(p => p < StructureMap.MaxStructures)) absent &= ~(1u << place);
            foreach (var sample in await adapter.ReadAsync(split, cancellationToken).ConfigureAwait(false))
            {
                all.Add(sample with
                {
                    Masks = new JoinedMasks(sample.Masks, places, places.Length < Structures.Count ? absent : 0),
                    // Two datasets may call different people the same.
                    PatientId = sample.PatientId is { } patient ? $"{name}/{patient}" : null,
                });
            }
        }

        return all;
    }
}
