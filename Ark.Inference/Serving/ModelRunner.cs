using Ark.Data;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Inference;

/// <summary>Runs a model on prepared images in managed memory. One engine serves any number of threads; buffers are the caller's.</summary>
internal sealed class ModelRunner
{
    private readonly LoadedModel _model;
    private readonly InferenceEngine _engine;

    /// <summary>Prepares a model.</summary>
    /// <param name="model">The model; borrowed for the life of the runner.</param>
    /// <param name="precision">The arithmetic; <see langword="null"/> for the one that the model was loaded for.</param>
    public ModelRunner(LoadedModel model, InferencePrecision? precision = null)
    {
        _model = model;
        _engine = model.Engine(precision ?? model.Precision);
        Heads = ModelHead.Of(model);
        Transform = Transforms.Evaluation(model.Description.Normalization, model.Description.ImageSize);
        TenCrop = Transforms.TenCrop(model.Description.Normalization, model.Description.ImageSize);
    }

    /// <summary>The heads that have outputs, in the model's order.</summary>
    public IReadOnlyList<ModelHead> Heads { get; }

    /// <summary>Logits of an image over all heads.</summary>
    public int LogitCount => Heads.Sum(h => h.Labels.Count);

    /// <summary>Prepares an image as the model's validation does.</summary>
    public IImageTransform Transform { get; }

    /// <summary>Prepares ten views of an image.</summary>
    public IImageTransform TenCrop { get; }

    /// <summary>Values of a prepared view.</summary>
    public int ViewLength => 3 * Transform.Height * Transform.Width;

    /// <summary>The shape of one image's embedding.</summary>
    /// <exception cref="ArkInputException">The model has no projector, and what comes behind it is asked for.</exception>
    public IReadOnlyList<int> ShapeOf(EmbeddingKind kind)
    {
        var configuration = _model.Configuration;
        var backbone = configuration.Backbone;
        switch (kind)
        {
            case EmbeddingKind.Projected when configuration.Projector == ProjectorKind.None:
                throw new ArkInputException("checkpoint", null, "the model has no projector", "Ask for the pooled embedding.");
            case EmbeddingKind.Projected:
                return [configuration.ProjectorFeatures];
            case EmbeddingKind.Tokens:
                var cell = backbone.PatchSize << (backbone.StageCount - 1);
                return [backbone.ImageHeight / cell * (backbone.ImageWidth / cell), backbone.NumFeatures];
            default:
                return [backbone.NumFeatures];
        }
    }

    /// <summary>Numbers of one image's embedding.</summary>
    public int WidthOf(EmbeddingKind kind) => ShapeOf(kind).Aggregate(1, (a, b) => a * b);

    /// <summary>Computes embeddings.</summary>
    /// <param name="images">Views <c>[count, 3, H, W]</c>; what lies behind has no meaning.</param>
    /// <param name="count">How many.</param>
    /// <param name="kind">Which.</param>
    /// <returns>Row by row.</returns>
    public float[] Embed(float[] images, int count, EmbeddingKind kind)
    {
        using var scope = NewDisposeScope();
        var result = Run(images, count, OutputOf(kind));
        return Values(TensorOf(result, kind));
    }

    /// <summary>Computes the logits of every head.</summary>
    /// <param name="images">Views <c>[count, 3, H, W]</c>; what lies behind has no meaning.</param>
    /// <param name="count">How many.</param>
    /// <returns><c>[count, LogitCount]</c>, row by row, the heads one behind the other.</returns>
    public float[] Logits(float[] images, int count)
    {
        using var scope = NewDisposeScope();
        return Join(Run(images, count, InferenceOutputs.Logits));
    }

    /// <summary>Computes the Grad-CAM map of one view.</summary>
    /// <param name="view">The view, <c>[3, H, W]</c>.</param>
    /// <param name="head">The head.</param>
    /// <param name="output">Its output.</param>
    /// <returns>A value for each token of the last stage, row by row; 0 and above.</returns>
    public float[] GradCam(float[] view, int head, int output)
    {
        using var scope = NewDisposeScope();
        return Inference.GradCam.Compute(_engine.Network, Run(view, 1, InferenceOutputs.Tokens).Tokens!, head, output);
    }

    /// <summary>Computes several outputs in one pass.</summary>
    /// <param name="images">Views <c>[count, 3, H, W]</c>; what lies behind has no meaning.</param>
    /// <param name="count">How many.</param>
    /// <param name="outputs">Which.</param>
    /// <returns>Row by row, for each output that was asked for.</returns>
    public IReadOnlyDictionary<InferenceOutputs, float[]> RunAll(float[] images, int count, InferenceOutputs outputs)
    {
        using var scope = NewDisposeScope();
        var result = Run(images, count, outputs);
        var rows = new Dictionary<InferenceOutputs, float[]>();
        if (result.Tokens is { } tokens) rows.Add(InferenceOutputs.Tokens, Values(tokens));
        if (result.Pooled is { } pooled) rows.Add(InferenceOutputs.Pooled, Values(pooled));
        if (result.Projected is { } projected) rows.Add(InferenceOutputs.Projected, Values(projected));
        if (result.Logits is not null) rows.Add(InferenceOutputs.Logits, Join(result));
        return rows;
    }

    public static InferenceOutputs OutputOf(EmbeddingKind kind) => kind switch
    {
        EmbeddingKind.Projected => InferenceOutputs.Projected,
        EmbeddingKind.Tokens => InferenceOutputs.Tokens,
        _ => InferenceOutputs.Pooled,
    };

    private InferenceResult Run(float[] images, int count, InferenceOutputs outputs)
    {
        var views = TensorMemory.Copy(images.AsSpan(0, count * ViewLength), [count, 3, Transform.Height, Transform.Width], _model.Device);
        return _engine.Run(views, outputs);
    }

    private float[] Join(InferenceResult result) =>
        Values(cat([.. Heads.Select(h => result.Logits![h.Index])], 1));

    private static Tensor TensorOf(InferenceResult result, EmbeddingKind kind) => kind switch
    {
        EmbeddingKind.Projected => result.Projected!,
        EmbeddingKind.Tokens => result.Tokens!,
        _ => result.Pooled!,
    };

    private static float[] Values(Tensor tensor) => tensor.cpu().contiguous().data<float>().ToArray();
}
