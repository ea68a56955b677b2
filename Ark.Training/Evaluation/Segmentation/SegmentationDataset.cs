using Ark.Data;

namespace Ark.Evaluation;

/// <summary>A dataset under its name.</summary>
/// <param name="Name">The name.</param>
/// <param name="Adapter">Reads it.</param>
public sealed record SegmentationDataset(string Name, ISegmentationAdapter Adapter)
{
    /// <summary>
    /// Several datasets as one, under their names joined by <c>+</c>: all their images, and all their structures in the order in which they
    /// first come. Structures of one name are one, so give masks of another convention another name. What a dataset has no masks of is left
    /// out for its images.
    /// </summary>
    /// <param name="datasets">The datasets, at least one.</param>
    /// <returns>The dataset; the one itself where there is one.</returns>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static SegmentationDataset Join(IReadOnlyList<SegmentationDataset> datasets)
    {
        ArgumentNullException.ThrowIfNull(datasets);
        if (datasets.Count == 0) throw new ArgumentException("There is no dataset to join.", nameof(datasets));
        return datasets.Count == 1
            ? datasets[0]
            : new SegmentationDataset(
                string.Join('+', datasets.Select(d => d.Name)), new JoinedMaskAdapter([.. datasets.Select(d => (d.Name, d.Adapter))]));
    }
}
