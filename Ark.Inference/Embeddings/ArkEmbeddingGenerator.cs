using Microsoft.Extensions.AI;

namespace Ark.Inference;

/// <summary>
/// Embeddings of radiographs as <c>Microsoft.Extensions.AI</c> names them. Thread-safe; concurrent callers share batches. A host gets it
/// from <c>AddArk().AddModel(name, …)</c>
/// as the service <c>IEmbeddingGenerator&lt;DataContent, Embedding&lt;float&gt;&gt;</c> of that key; the service provider disposes what it
/// needs.
/// </summary>
internal sealed class ArkEmbeddingGenerator : IEmbeddingGenerator<DataContent, Embedding<float>>
{
    private readonly ModelService _service;
    private readonly EmbeddingKind _kind;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <summary>Creates the generator.</summary>
    /// <param name="service">Runs the model; borrowed.</param>
    /// <param name="modelName">What the host calls the model.</param>
    /// <param name="kind">What an embedding is, unless the dimensions that a caller asks for say otherwise.</param>
    /// <exception cref="ArkInputException">The model has no such embedding.</exception>
    public ArkEmbeddingGenerator(ModelService service, string modelName, EmbeddingKind kind)
    {
        _service = service;
        _kind = kind;
        _metadata = new EmbeddingGeneratorMetadata("ark", defaultModelId: modelName, defaultModelDimensions: service.ShapeOf(kind)[0]);
    }

    /// <inheritdoc/>
    /// <exception cref="ArkInputException">An image cannot be read, or the model has no embedding of the dimensions that are asked
    /// for.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<DataContent> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var output = ModelRunner.OutputOf(KindOf(options?.Dimensions));
        var rows = await Task.WhenAll(values.Select((v, i) => _service.RunAsync(v.ToImage(i), output, cancellationToken)))
            .ConfigureAwait(false);
        var now = DateTimeOffset.UtcNow;
        return new GeneratedEmbeddings<Embedding<float>>(
            rows.Select(r => new Embedding<float>(r) { ModelId = _metadata.DefaultModelId, CreatedAt = now }));
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        return serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata : serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Does nothing: the model's service belongs to the service provider.</summary>
    public void Dispose()
    {
    }

    private EmbeddingKind KindOf(int? dimensions)
    {
        if (dimensions is null || dimensions == _service.ShapeOf(_kind)[0]) return _kind;
        var other = _kind == EmbeddingKind.Pooled ? EmbeddingKind.Projected : EmbeddingKind.Pooled;
        var hasOther = other == EmbeddingKind.Pooled || _service.Model.Description.ProjectorFeatures > 0;
        if (hasOther && _service.ShapeOf(other)[0] == dimensions) return other;
        throw new ArkInputException("embedding options", "'Dimensions'", $"the model has no embedding of {dimensions} numbers",
            $"It has {_service.ShapeOf(_kind)[0]} ({_kind}){(hasOther ? $" and {_service.ShapeOf(other)[0]} ({other})" : "")}.");
    }
}
