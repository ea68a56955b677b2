using Ark.Data;
using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>The picture itself, as the network's evaluation view of 32 by 32 grey values: what any network must beat.</summary>
internal sealed class PixelFeatures(IImageDecoder decoder, ReadingOptions reading) : FeatureSource
{
    private const int Side = 32;

    public override string Name => "pixels";

    public override float[]?[] Read(IReadOnlyList<ImageSample> samples, ArkDataset dataset, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        ImageFeatures.Read(samples, new EvaluationTransform(Side, Side), decoder, reading with { Source = dataset.Name, What = "reading pixels" }, progress, batch =>
        {
            var rows = new float[batch.Count * Side * Side];
            // One channel is enough: the three of a grey image are the same but for normalisation.
            for (var i = 0; i < batch.Count; i++) batch.Images.AsSpan(i * 3 * Side * Side, Side * Side).CopyTo(rows.AsSpan(i * Side * Side));
            return rows;
        }, cancellationToken);
}
