using Ark.Data;
using Ark.Inference;
using Ark.Models;

namespace Ark.Evaluation;

/// <summary>Embeddings of a network.</summary>
internal sealed class NetworkFeatures : FeatureSource
{
    private readonly LoadedModel? _owned;
    private readonly ModelRunner _runner;
    private readonly IImageDecoder _decoder;
    private readonly EmbeddingKind _kind;
    private readonly ReadingOptions _reading;

    /// <param name="name">What to call it.</param>
    /// <param name="model">The model.</param>
    /// <param name="kind">Which features.</param>
    /// <param name="decoder">Decodes images.</param>
    /// <param name="reading">How images are read.</param>
    /// <param name="precision">The arithmetic; <see langword="null"/> for the one that the model was loaded for.</param>
    /// <param name="ownsModel">Whether the model is owned from now on, and disposed where this throws; else it is borrowed.</param>
    public NetworkFeatures(
        string name, LoadedModel model, EmbeddingKind kind, IImageDecoder decoder, ReadingOptions reading,
        InferencePrecision? precision = null, bool ownsModel = false)
    {
        Name = name;
        using var unfinished = new Unfinished();
        _owned = ownsModel ? unfinished.Keep(model) : null;
        _runner = new ModelRunner(model, precision);
        _kind = kind;
        _decoder = decoder;
        _reading = reading;
        // A projector that is not there is told now, not after the first batch.
        _runner.ShapeOf(kind);
        unfinished.Finish();
    }

    public override string Name { get; }

    public override float[]?[] Read(
        IReadOnlyList<ImageSample> samples, ArkDataset dataset, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        new DatasetReader(_decoder, _reading with { Source = dataset.Name, What = $"embedding with {Name}" })
            .ReadAll(samples, _runner.Transform, batch => _runner.Embed(batch.Images, batch.Count, _kind), progress, cancellationToken);

    public override void Dispose()
    {
        _owned?.Dispose();
        base.Dispose();
    }
}
