using Ark.Data;
using Ark.Inference;

namespace Ark.Evaluation;

/// <summary>The picture itself, as the network's evaluation view of 32 by 32 grey values: what any network must beat.</summary>
internal sealed class PixelFeatures(IImageDecoder decoder, ReadingOptions reading) : FeatureSource
{
    public const int Side = 32;

    public override string Name => "pixels";

    public override float[]?[] Read(
        IReadOnlyList<ImageSample> samples, ArkDataset dataset, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        new DatasetReader(decoder, reading with { Source = dataset.Name, What = "reading pixels" })
            .ReadAll(samples, new EvaluationTransform(Side, Side), Grays, progress, cancellationToken);

    /// <summary>The pixels of images, one row each.</summary>
    public static float[] Grays(Batch batch)
    {
        // One channel is enough: the three of a grey image are the same but for normalisation.
        var length = batch.Height * batch.Width;
        var rows = new float[batch.Count * length];
        for (var i = 0; i < batch.Count; i++) batch.Images.AsSpan(i * 3 * length, length).CopyTo(rows.AsSpan(i * length));
        return rows;
    }
}
