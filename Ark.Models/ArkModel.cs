using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// The network of Ark and Ark+: a Swin Transformer, a projector, and one linear head for each dataset ("omni heads"). Names, shapes and
/// order of its state dict are those of the published checkpoints, the unused classifier <c>head</c> of the backbone included.
/// </summary>
/// <remarks>
/// This is the plain TorchSharp module: take it for gradients, training and state dicts. Take <see cref="InferenceEngine"/> for forward
/// passes only, <c>IArkClassifier</c> for probabilities of image files, and <c>LoadedModel</c> for the services that take a model.
/// <para/>
/// Forward passes in evaluation mode (<c>eval()</c>) change nothing and may run on several threads at once. The model owns its parameters;
/// tensors that it returns belong to the caller.
/// </remarks>
public sealed class ArkModel : SwinBackbone
{
    private readonly nn.Module<Tensor, Tensor>? projector;
    private readonly ModuleList<nn.Module<Tensor, Tensor>> omni_heads;

    /// <summary>Builds the model with fresh weights.</summary>
    /// <param name="configuration">Its shape.</param>
    /// <param name="generator">Where the weights are drawn from; <see langword="null"/> for PyTorch's default generator, which
    /// <c>torch.manual_seed</c> seeds.</param>
    /// <exception cref="ArkInputException">The configuration does not make a model.</exception>
    public ArkModel(ArkModelConfiguration configuration, Generator? generator = null)
        : this(configuration, device: null)
    {
        InitializeBackbone(generator);
        foreach (var module in (ReadOnlySpan<nn.Module?>)[projector, .. omni_heads])
        {
            if (module is null) continue;
            foreach (var layer in module.modules().Prepend(module).OfType<Linear>()) Initialization.Default(layer, generator);
        }
    }

    private ArkModel(ArkModelConfiguration configuration, Device? device)
        : base(nameof(ArkModel), Valid(configuration).Backbone, device)
    {
        Configuration = configuration;
        projector = configuration.Projector switch
        {
            ProjectorKind.None => null,
            ProjectorKind.Linear => Layers.Linear(Backbone.NumFeatures, configuration.ProjectorFeatures, bias: true, device),
            ProjectorKind.Mlp => new MlpProjector(Backbone.NumFeatures, configuration.ProjectorFeatures, device),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        omni_heads = new ModuleList<nn.Module<Tensor, Tensor>>([.. configuration.Heads.Select(h =>
            h.Outputs == 0
                ? (nn.Module<Tensor, Tensor>)nn.Identity()
                : Layers.Linear(configuration.FeatureCount, h.Outputs, bias: true, device))]);
        RegisterComponents();
    }

    /// <summary>The shape of the model.</summary>
    public ArkModelConfiguration Configuration { get; }

    /// <summary>Builds the model without drawing weights, for a checkpoint to fill: norms are the identity, all else is zero.</summary>
    /// <param name="configuration">Its shape.</param>
    /// <param name="device">Where it lives; <see langword="null"/> for the CPU.</param>
    /// <returns>The model; the caller owns it.</returns>
    /// <exception cref="ArkInputException">The configuration does not make a model.</exception>
    public static ArkModel Allocate(ArkModelConfiguration configuration, Device? device = null) => new(configuration, device);

    /// <summary>
    /// Loads the model that a weight file holds: architecture, projector and heads are recognised, so that nothing but the path is needed.
    /// Files of the original Ark and Ark+, of <c>ark pretrain</c>, and what <c>ark convert</c> made of them are read.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="nestedKey">Where in the file the state dict is; <see langword="null"/> chooses as
    /// <see cref="CheckpointFile.LoadStateDict"/> does.</param>
    /// <param name="options">How to read the file; <see langword="null"/> for the defaults.</param>
    /// <returns>The model on the CPU, in evaluation mode; the caller owns it.</returns>
    /// <exception cref="ArkInputException">The file cannot be read, or holds no model of this kind.</exception>
    public static ArkModel Load(string path, string? nestedKey = null, PyTorchLoadOptions? options = null) =>
        Load(path, out _, nestedKey, options);

    /// <inheritdoc cref="Load(string, string?, PyTorchLoadOptions?)"/>
    /// <param name="path">The file.</param>
    /// <param name="report">Receives what became of every tensor.</param>
    /// <param name="nestedKey">Where in the file the state dict is; <see langword="null"/> chooses as
    /// <see cref="CheckpointFile.LoadStateDict"/> does.</param>
    /// <param name="options">How to read the file; <see langword="null"/> for the defaults.</param>
    public static ArkModel Load(string path, out LoadReport report, string? nestedKey = null, PyTorchLoadOptions? options = null) =>
        ModelLoader.Load(path, nestedKey, options, out report, static (reader, choice) => Recognize(reader, choice, orBackbone: false));

    /// <summary>
    /// Loads a model whose shape the caller knows better than the file tells it: the image size of a file without masks, rows and columns
    /// of images that are not square, names of heads.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="configuration">The shape, such as <see cref="ArkModelConfiguration.Recognize(CheckpointIndex, string?)"/> gives it with
    /// another <see cref="SwinConfiguration.WithImageSize"/>.</param>
    /// <param name="nestedKey">Where in the file the state dict is; <see langword="null"/> chooses as
    /// <see cref="CheckpointFile.LoadStateDict"/> does.</param>
    /// <returns>The model on the CPU, in evaluation mode; the caller owns it.</returns>
    /// <exception cref="ArkInputException">The file cannot be read, or its tensors do not have that shape.</exception>
    public static ArkModel Load(string path, ArkModelConfiguration configuration, string? nestedKey = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return Load(path, nestedKey, configuration, options: null, orBackbone: false, takeOver: null);
    }

    /// <summary>Loads a model some of whose weights may stay in the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="nestedKey">Where in the file the state dict is.</param>
    /// <param name="configuration">Its shape; <see langword="null"/> to recognise it.</param>
    /// <param name="options">How to read the file; <see langword="null"/> for the defaults.</param>
    /// <param name="orBackbone">Whether a file without heads will do, whose features alone are wanted.</param>
    /// <param name="takeOver">Makes, for the model, what is asked for each weight whether it takes it over; <see langword="null"/> to load
    /// all.</param>
    /// <param name="use">Takes the model, while the file is open.</param>
    /// <returns>The model in evaluation mode; the caller owns it.</returns>
    internal static ArkModel Load(
        string path,
        string? nestedKey,
        ArkModelConfiguration? configuration,
        PyTorchLoadOptions? options,
        bool orBackbone,
        Func<ArkModel, Func<Tensor, StorageBytes, bool>>? takeOver,
        Action<ArkModel>? use = null) =>
        ModelLoader.Load(
            path, nestedKey, options, out _,
            configuration is null
                ? (reader, choice) => Recognize(reader, choice, orBackbone)
                : (_, _) => PlanOf(configuration) with { IsDescribed = true },
            takeOver, use);

    private static ModelPlan<ArkModel> Recognize(CheckpointReader reader, StateDictChoice choice, bool orBackbone)
    {
        var recognized = ModelLoader.Recognize(reader, choice);
        if (recognized.HeadOutputs.Count == 0 && orBackbone) return PlanOf(recognized.ToConfiguration() with { IsBackbone = true });
        if (recognized.HeadOutputs.Count == 0)
        {
            throw new CheckpointException(reader.Path, null, $"holds no Ark model; the file seems to hold {recognized}",
                "Load it with SwinTransformer.Load, or into an ArkModel of your own with load_checkpoint(path, strict: false).");
        }

        return PlanOf(StoredDescription.Read(reader.Path, reader.Root, reader.Metadata, recognized) ?? recognized.ToConfiguration());
    }

    private static ModelPlan<ArkModel> PlanOf(ArkModelConfiguration configuration) =>
        new(configuration.Backbone, () => Allocate(configuration), HasHeads: true);

    /// <summary>The features that a head takes, and that head's logits: what a training step needs.</summary>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c>, normalised; borrowed.</param>
    /// <param name="head">Index of the head in <see cref="ArkModelConfiguration.Heads"/>.</param>
    /// <returns>Features <c>[B, FeatureCount]</c> (projected where there is a projector, else pooled) and logits <c>[B, Outputs]</c>; the
    /// caller owns both.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such head.</exception>
    public (Tensor Features, Tensor Logits) forward(Tensor images, int head)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(head);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(head, omni_heads.Count);
        var features = Features(images);
        return (features, Logits(features, head));
    }

    /// <summary>The features that the heads take, <c>[B, FeatureCount]</c>; the caller owns them.</summary>
    internal Tensor Features(Tensor images) => ProjectAndRelease(Pool(images));

    /// <summary>One head's logits <c>[B, Outputs]</c> of such features; the caller owns them.</summary>
    internal Tensor Logits(Tensor features, int head) => omni_heads[head].forward(features);

    /// <summary>The features of the last stage's tokens.</summary>
    internal Tensor FeaturesOf(Tensor tokens) => ProjectAndRelease(PoolTokens(tokens));

    /// <summary>The logits of every head.</summary>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c>, normalised; borrowed.</param>
    /// <returns>Logits <c>[B, Outputs]</c> for each head, in their order; the caller owns them.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public IReadOnlyList<Tensor> forward(Tensor images)
    {
        using var features = Features(images);
        return Classify(features);
    }

    /// <summary>Embeddings of images.</summary>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c>, normalised; borrowed.</param>
    /// <param name="afterProjector">Whether the projector is applied.</param>
    /// <returns><c>[B, NumFeatures]</c>, or <c>[B, ProjectorFeatures]</c> after the projector; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    /// <exception cref="InvalidOperationException">The model has no projector to apply.</exception>
    public Tensor Embed(Tensor images, bool afterProjector)
    {
        if (afterProjector) RequireProjector();
        var pooled = Pool(images);
        return afterProjector ? ProjectAndRelease(pooled) : pooled;
    }

    internal nn.Module<Tensor, Tensor>? Projector => projector;

    internal IEnumerable<nn.Module<Tensor, Tensor>> Heads => omni_heads;

    /// <summary>The logits of every head, from the features <c>[B, FeatureCount]</c>.</summary>
    internal IReadOnlyList<Tensor> Classify(Tensor features) => [.. omni_heads.Select(h => h.forward(features))];

    internal void RequireProjector()
    {
        if (projector is null)
            throw new InvalidOperationException(
                $"The model on '{Backbone.Name}' has no projector; ask for embeddings before the projector.");
    }

    // Asked before the backbone is built, which a constructor that throws could not dispose.
    private static ArkModelConfiguration Valid(ArkModelConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        configuration.Validate();
        if (!Enum.IsDefined(configuration.Projector))
            throw new ArgumentOutOfRangeException(nameof(configuration), configuration.Projector, "Unknown projector.");
        return configuration;
    }

    private Tensor ProjectAndRelease(Tensor pooled)
    {
        if (projector is null) return pooled;
        using (pooled) return projector.call(pooled);
    }
}
