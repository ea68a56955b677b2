using Ark.Data;
using Ark.Inference;
using Ark.Models;

namespace Ark.Evaluation;

/// <summary>Embeddings of a network.</summary>
internal sealed class NetworkFeatures : FeatureSource
{
    private readonly LoadedModel _model;
    private readonly ModelRunner _runner;
    private readonly IImageDecoder _decoder;
    private readonly EmbeddingKind _kind;
    private readonly ReadingOptions _reading;

    /// <param name="name">What to call it.</param>
    /// <param name="model">The model; owned from now on, and disposed where this throws.</param>
    /// <param name="kind">Which features.</param>
    /// <param name="decoder">Decodes images.</param>
    /// <param name="reading">How images are read.</param>
    /// <param name="precision">The arithmetic.</param>
    public NetworkFeatures(string name, LoadedModel model, EmbeddingKind kind, IImageDecoder decoder, ReadingOptions reading, InferencePrecision precision)
    {
        Name = name;
        using var unfinished = new Unfinished();
        _model = unfinished.Keep(model);
        _runner = new ModelRunner(model, precision);
        _kind = kind;
        _decoder = decoder;
        _reading = reading;
        // A projector that is not there is told now, not after the first batch.
        _runner.ShapeOf(kind);
        unfinished.Finish();
    }

    public override string Name { get; }

    public override float[]?[] Read(IReadOnlyList<ImageSample> samples, ArkDataset dataset, IProgress<WorkProgress>? progress, CancellationToken cancellationToken) =>
        new DatasetReader(_decoder, _reading with { Source = dataset.Name, What = $"embedding with {Name}" })
            .ReadAll(samples, _runner.Transform, batch => _runner.Embed(batch.Images, batch.Count, _kind), progress, cancellationToken);

    public override void Dispose()
    {
        _model.Dispose();
        base.Dispose();
    }
}
