namespace Ark.Data;

/// <summary>
/// A segmentation dataset as the checker reads it: an image counts as read when its masks are too, and a structure counts as present where
/// a mask has a pixel of it.
/// </summary>
/// <param name="labels">The structures.</param>
/// <param name="adapter">Reads the dataset.</param>
internal sealed class MaskedDataset(LabelSchema labels, ISegmentationAdapter adapter) : IDatasetAdapter
{
    public LabelSchema Labels => labels;

    /// <summary>Whether each split is read from a list of its own.</summary>
    public bool ReadsLists => adapter is SegmentationListAdapter;

    public async ValueTask<IReadOnlyList<ImageSample>> ReadAsync(DatasetSplit split, CancellationToken cancellationToken = default)
    {
        var samples = await adapter.ReadAsync(split, cancellationToken).ConfigureAwait(false);
        return [.. samples.Select(sample =>
        {
            // Not known until the masks are read.
            var present = new float[labels.Count];
            Array.Fill(present, float.NaN);
            return new ImageSample(new WithMasks(sample, present), present) { PatientId = sample.PatientId };
        })];
    }

    private sealed class WithMasks(SegmentationSample sample, float[] present) : ImageSource
    {
        public override string Name => sample.Image.Name;

        public override RasterImage Load(IImageDecoder decoder)
        {
            var image = sample.Image.Load(decoder);
            // The hash is the image's, not the masks'.
            var map = sample.LoadMasks((decoder as HashingDecoder)?.Inner ?? decoder, image.Width, image.Height);
            var all = map.Pixels.Aggregate(0u, (seen, pixel) => seen | pixel);
            // One that no pixel tells of stays unknown.
            var left = map.Ignored?.Aggregate(StructureMap.Every, (seen, pixel) => seen & pixel) ?? 0;
            for (var k = 0; k < present.Length; k++) present[k] = ((left >> k) & 1) != 0 ? float.NaN : (all >> k) & 1;
            return image;
        }
    }
}
