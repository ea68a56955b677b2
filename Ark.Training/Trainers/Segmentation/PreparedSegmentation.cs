using Ark.Data;
using Ark.Evaluation;

namespace Ark.Training;

/// <summary>A segmentation dataset whose lists have been read.</summary>
internal sealed record PreparedSegmentation(string Name, IReadOnlyList<string> Structures,
    IReadOnlyList<SegmentationSample> Train, IReadOnlyList<SegmentationSample> Validation, IReadOnlyList<SegmentationSample> Test)
{
    /// <summary>Tells whether lists are those that a run began with, images and masks.</summary>
    public string Digest => field ??= ListDigest.Of(
        [.. ((IReadOnlyList<SegmentationSample>[])[Train, Validation, Test]).SelectMany(split => new[]
        {
            split.Select(s => (s.Image.Name, Array.Empty<float>())).ToArray(),
            [.. split.SelectMany(s => s.Masks.Origin)]
        })]);

    /// <summary>Reads all lists, so that what is wrong with them shows before training.</summary>
    public static async Task<PreparedSegmentation> ReadAsync(SegmentationDataset dataset, CancellationToken cancellationToken)
    {
        var data = new PreparedSegmentation(dataset.Name, dataset.Adapter.Structures,
            await dataset.Adapter.ReadAsync(DatasetSplit.Train, cancellationToken).ConfigureAwait(false),
            await dataset.Adapter.ReadAsync(DatasetSplit.Validation, cancellationToken).ConfigureAwait(false),
            await dataset.Adapter.ReadAsync(DatasetSplit.Test, cancellationToken).ConfigureAwait(false));
        // An adapter of the user's own may give what a catalogue could not ask for.
        if (data.Structures.Count is < 1 or > StructureMap.MaxStructures)
            throw new ArkInputException(
                dataset.Name,
                "structures",
                $"has {data.Structures.Count} structures",
                $"Give one at least and {StructureMap.MaxStructures} at most.");
        foreach (var (split, samples) in (ReadOnlySpan<(DatasetSplit, IReadOnlyList<SegmentationSample>)>)
        [
            (DatasetSplit.Train, data.Train), (DatasetSplit.Validation, data.Validation), (DatasetSplit.Test, data.Test)
        ])
        {
            if (samples.Count == 0)
                throw new ArkInputException(
                    dataset.Name, null, $"has no image in its {split.Word()} split", "Training needs all three: train, val and test.");
        }

        if (data.Train.Count < 2)
            throw new ArkInputException(dataset.Name, "training split", "has one image", "Batch normalisation needs two at least.");
        return data;
    }

    /// <summary>Whether validation and test are the same images.</summary>
    public bool SelectsOnTest => SharedImages.AreSame(Validation, Test);
}
