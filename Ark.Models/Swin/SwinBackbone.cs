using System.Diagnostics.CodeAnalysis;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// What every network on a Swin Transformer shares: the backbone up to the pooled features, and its classifier <c>head</c>. Semantics,
/// names of parameters and buffers and their order in the state dict are those of timm 0.5.4.
/// </summary>
/// <remarks>
/// A forward pass in evaluation mode changes nothing and may run on several threads at once; training is for one thread. The network owns
/// its parameters and is disposed by its creator; tensors that it returns belong to the caller.
/// </remarks>
public abstract class SwinBackbone : nn.Module, IWeightLayouts
{
    private readonly PatchEmbedding patch_embed;
    internal readonly Parameter? absolute_pos_embed;
    private readonly ModuleList<SwinStage> layers;
    internal readonly LayerNorm norm;
    internal readonly Linear? head;
    private readonly DropPathSource _dropPaths = new();

    private protected SwinBackbone(string name, SwinConfiguration configuration, Device? device)
        : base(Ready(name))
    {
        ArgumentNullException.ThrowIfNull(configuration);
        configuration.Validate();
        Backbone = configuration;
        patch_embed = new PatchEmbedding(configuration, device);
        layers = new ModuleList<SwinStage>();
        var rates = configuration.DropPathRates().AsSpan();
        for (var stage = 0; stage < configuration.StageCount; stage++)
        {
            layers.Add(new SwinStage(configuration, stage, rates[..configuration.Depths[stage]], _dropPaths, device));
            rates = rates[configuration.Depths[stage]..];
        }

        norm = Layers.Norm(configuration.NumFeatures, device);
        head = configuration.NumClasses > 0 ? Layers.Linear(configuration.NumFeatures, configuration.NumClasses, bias: true, device) : null;
        if (configuration.AbsolutePositionEmbedding)
        {
            var (height, width) = configuration.ResolutionOf(0);
            absolute_pos_embed = Layers.Parameter(device, 1, height * width, configuration.EmbedDim);
            base.register_parameter(nameof(absolute_pos_embed), absolute_pos_embed);
        }

        base.register_module(nameof(patch_embed), patch_embed);
        base.register_module(nameof(layers), layers);
        base.register_module(nameof(norm), norm);
        if (head is not null) base.register_module(nameof(head), head);
    }

    /// <summary>The shape of the backbone.</summary>
    public SwinConfiguration Backbone { get; }

    /// <summary>
    /// The numbers that stochastic depth draws in training mode, one for each sample and branch. Setting a stream named by seed and step
    /// before each step makes training repeatable from any step, whatever else draws random numbers in the process.
    /// </summary>
    /// <value>Default: the stream of seed 0.</value>
    public RandomStream DropPathStream
    {
        get => _dropPaths.Stream;
        set => _dropPaths.Stream = value;
    }

    /// <summary>
    /// The precision that products compute in: float32, which means the parameters' own type, or bfloat16 with parameters, softmax, tokens
    /// between the branches, norms, pooling, projector and heads in float32 (what PyTorch's autocast keeps). On a CPU whose oneDNN knows
    /// bfloat16 it is faster.
    /// </summary>
    internal ScalarType Precision
    {
        get;
        set
        {
            field = value;
            foreach (var stage in layers) stage.Precision = value;
        }
    } = ScalarType.Float32;

    internal IReadOnlyList<SwinStage> Stages => [.. layers];

    internal PatchEmbedding Patches => patch_embed;

    /// <summary>The features before any projector or classifier: the normalised tokens of the last stage, averaged.</summary>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c>, normalised as in training; borrowed.</param>
    /// <returns><c>[B, NumFeatures]</c>; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public Tensor Pool(Tensor images)
    {
        RequireImages(images);
        using var scope = NewDisposeScope();
        using var tokens = RunStages(images, features: null);
        return PoolTokens(tokens).MoveToOuterDisposeScope();
    }

    /// <summary>The last stage's tokens <c>[B, H, W, C]</c>, normalised and averaged in the parameters' type: <c>[B, C]</c>.</summary>
    internal Tensor PoolTokens(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return norm.call(tokens.to(norm.weight.dtype)).mean([1, 2]).MoveToOuterDisposeScope();
    }

    /// <summary>The normalised tokens of the last stage, <c>[B, L, NumFeatures]</c>; the caller owns them.</summary>
    internal Tensor NormedTokens(Tensor images)
    {
        RequireImages(images);
        using var scope = NewDisposeScope();
        using var tokens = RunStages(images, features: null);
        return norm.call(tokens).flatten(1, 2).MoveToOuterDisposeScope();
    }

    /// <summary>The output of every stage after its patch merging and without norm, as dense prediction takes them.</summary>
    /// <param name="images"><c>[B, C, H, W]</c>; borrowed.</param>
    /// <returns>One <c>[B, H, W, C]</c> for each stage; the caller owns them.</returns>
    internal IReadOnlyList<Tensor> StageFeatures(Tensor images)
    {
        RequireImages(images);
        var features = new List<Tensor>();
        RunStages(images, features);
        return features;
    }

    /// <summary>The output of every stage before its patch merging and without norm.</summary>
    /// <param name="images"><c>[B, C, H, W]</c>; borrowed.</param>
    /// <returns>One <c>[B, H, W, C]</c> for each stage; the caller owns them.</returns>
    internal IReadOnlyList<Tensor> UnmergedFeatures(Tensor images)
    {
        RequireImages(images);
        using var scope = NewDisposeScope();
        var features = new List<Tensor>();
        var tokens = Embed(images);
        foreach (var stage in layers)
        {
            features.Add(stage.RunBlocks(tokens));
            tokens = stage.Merge(features[^1]);
        }

        features.ForEach(f => f.MoveToOuterDisposeScope());
        return features;
    }

    /// <summary>Tensors by name, parameters and buffers of a module before those of its children: the order of PyTorch.</summary>
    /// <param name="destination">Receives the tensors; <see langword="null"/> for a new dictionary.</param>
    /// <param name="prefix">Put before every name.</param>
    /// <returns>The dictionary; the tensors are borrowed.</returns>
    [SuppressMessage("Naming", "CA1725", Justification = "The base class has the same names.")]
    public override Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
    {
        destination ??= new Dictionary<string, Tensor>(StringComparer.Ordinal);
        Collect(this, string.IsNullOrEmpty(prefix) ? "" : prefix + ".", destination);
        return destination;
    }

    INetworkNames IWeightLayouts.Networks => SwinFinder.Instance;

    /// <inheritdoc cref="ModuleCheckpointExtensions.load_py"/>
    /// <remarks>A method of the model, so that a file that also uses another library with this name means this one.</remarks>
    public LoadReport load_py(
        string path, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null,
        string? nestedKey = null, PyTorchLoadOptions? options = null) =>
        ModuleCheckpointExtensions.load_py(this, path, strict, skip, loadedParameters, nestedKey, options);

    /// <inheritdoc cref="ModuleCheckpointExtensions.load_safetensors"/>
    /// <remarks>A method of the model, so that a file that also uses another library with this name means this one.</remarks>
    public LoadReport load_safetensors(
        string path, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null) =>
        ModuleCheckpointExtensions.load_safetensors(this, path, strict, skip, loadedParameters);

    /// <inheritdoc cref="ModuleCheckpointExtensions.load_checkpoint"/>
    /// <remarks>A method of the model, so that a file that also uses another library with this name means this one.</remarks>
    public LoadReport load_checkpoint(
        string path, bool strict = true, IList<string>? skip = null, Dictionary<string, bool>? loadedParameters = null,
        string? nestedKey = null, PyTorchLoadOptions? options = null) =>
        ModuleCheckpointExtensions.load_checkpoint(this, path, strict, skip, loadedParameters, nestedKey, options);

    /// <inheritdoc cref="ModuleCheckpointExtensions.save_py"/>
    /// <remarks>A method of the model, so that a file that also uses another library with this name means this one.</remarks>
    public void save_py(string path) => ModuleCheckpointExtensions.save_py(this, path);

    /// <inheritdoc cref="ModuleCheckpointExtensions.save_safetensors"/>
    /// <remarks>A method of the model, so that a file that also uses another library with this name means this one.</remarks>
    public void save_safetensors(string path, IReadOnlyDictionary<string, string>? metadata = null) =>
        ModuleCheckpointExtensions.save_safetensors(this, path, metadata);

    IReadOnlyDictionary<string, string> IWeightLayouts.Rename(IReadOnlyDictionary<string, long[]> shapes) =>
        SwinNames.FromFile([.. shapes.Keys]);

    bool IWeightLayouts.CanResize(string name, ReadOnlySpan<long> from, ReadOnlySpan<long> to) =>
        PositionTables.CanResize(name, from, to) || InputChannels.CanResize(name, from, to);

    Tensor IWeightLayouts.Resize(string name, Tensor stored, ReadOnlySpan<long> to)
    {
        if (to.Length == 4) return InputChannels.Resize(stored, to[1]);
        if (!PositionTables.IsAbsolute(name)) return PositionTables.ResizeBias(stored, to[0]);
        var (height, width) = Backbone.ResolutionOf(0);
        return PositionTables.ResizeAbsolute(stored, height, width);
    }

    string? IWeightLayouts.Describe(IReadOnlyDictionary<string, long[]> shapes) => WeightRecognition.Recognize(shapes)?.ToString();

    /// <summary>Draws fresh weights for the backbone and its classifier.</summary>
    private protected void InitializeBackbone(Generator? generator)
    {
        patch_embed.Initialize(generator);
        if (absolute_pos_embed is not null) Initialization.TruncatedNormal(absolute_pos_embed, generator);
        foreach (var stage in layers) stage.Initialize(generator);
        if (head is not null) Initialization.Default(head, generator);
        foreach (var module in (ReadOnlySpan<nn.Module?>)[patch_embed, layers, norm, head])
        {
            if (module is not null) Initialization.RedrawLinears(module, generator);
        }
    }

    private Tensor RunStages(Tensor images, List<Tensor>? features)
    {
        using var scope = NewDisposeScope();
        var tokens = Embed(images);
        for (var i = 0; i < layers.Count; i++)
        {
            var next = layers[i].call(tokens);
            if (features is null || i == 0) tokens.Dispose();
            features?.Add(next);
            tokens = next;
        }

        if (features is null) return tokens.MoveToOuterDisposeScope();
        // The last of them is what is returned.
        features.ForEach(f => f.MoveToOuterDisposeScope());
        return tokens;
    }

    /// <summary>The first tokens, <c>[B, H, W, C]</c>; the caller owns them.</summary>
    /// <param name="images"><c>[B, C, H, W]</c>; borrowed.</param>
    /// <param name="mask">The patches that are hidden; <see langword="null"/> for none.</param>
    internal Tensor Embed(Tensor images, PatchMask? mask = null)
    {
        using var scope = NewDisposeScope();
        var tokens = patch_embed.call(images);
        if (mask is not null) tokens = mask.Hide(tokens);
        if (absolute_pos_embed is not null)
            tokens = tokens.Plus(absolute_pos_embed.view(1, tokens.size(1), tokens.size(2), tokens.size(3)));
        if (Backbone.DropRate > 0 && training) tokens = nn.functional.dropout(tokens, Backbone.DropRate, training: true);
        return tokens.MoveToOuterDisposeScope();
    }

    // libtorch is looked for in words that say what to do, and gets its number of threads, before the first tensor is made.
    private static string Ready(string name)
    {
        NativeRuntime.Ensure();
        return name;
    }

    internal void RequireImages(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.is_sparse || images.is_complex())
            throw new ArgumentException("The images are sparse or complex; dense real numbers are taken.", nameof(images));
        var shape = images.shape;
        if (shape.Length == 4
            && shape[0] > 0
            && InputChannels.Fits(shape[1], Backbone.InputChannels)
            && shape[2] == Backbone.ImageHeight
            && shape[3] == Backbone.ImageWidth)
            return;
        throw new ArgumentException(
            $"'{Backbone.Name}' takes images [B, {Backbone.InputChannels}, {Backbone.ImageHeight}, {Backbone.ImageWidth}] with B at least "
                + $"1, got [{string.Join(", ", shape)}].",
            nameof(images));
    }

    private static Tensor?[] Owned(nn.Module module) => module switch
    {
        Linear layer => [layer.weight, layer.bias],
        LayerNorm layer => [layer.weight, layer.bias],
        PatchProjection layer => [layer.weight, layer.bias],
        WindowAttention layer => [layer.relative_position_bias_table],
        SwinBackbone network => [network.absolute_pos_embed],
        _ => [],
    };

    /// <summary>Refuses to go on without a parameter that has been disposed.</summary>
    internal static void RequireAlive(string prefix, params ReadOnlySpan<Tensor?> owned)
    {
        foreach (var tensor in owned)
        {
            if (tensor is { IsInvalid: true })
                throw new InvalidOperationException($"A parameter of the network's '{prefix.TrimEnd('.')}' has been disposed.");
        }
    }

    internal static void Collect(nn.Module module, string prefix, Dictionary<string, Tensor> destination)
    {
        // TorchSharp leaves out what has been disposed: a file would be written without it.
        RequireAlive(prefix, Owned(module));
        foreach (var (name, parameter) in module.named_parameters(recurse: false)) destination.Add(prefix + name, parameter);
        foreach (var (name, buffer) in module.named_buffers(recurse: false)) destination.Add(prefix + name, buffer);
        foreach (var (name, child) in module.named_children()) Collect(child, $"{prefix}{name}.", destination);
    }
}
