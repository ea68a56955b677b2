using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// UPerNet on a Swin Transformer (Xiao et al., "Unified Perceptual Parsing for Scene Understanding", ECCV 2018), built as the publication
/// of Ark+ builds it: the features of each stage are taken after its patch merging and without a norm, and the smoothing convolutions share
/// their weights. Names, shapes and order of its state dict are the published ones.
/// </summary>
/// <remarks>
/// A forward pass in evaluation mode changes nothing and may run on several threads at once; training is for one thread. The network owns
/// its parameters; tensors that it returns belong to the caller.
/// </remarks>
public sealed class UperNet : nn.Module<Tensor, Tensor>, IWeightLayouts
{
    private const string BackbonePrefix = "backbone.";

    private readonly SwinTransformer backbone;
    private readonly PyramidPooling? PPN;
    private readonly FeaturePyramid? FPN;
    private readonly Convolution? head;
    private readonly DetailedDecoder? decoder;

    /// <summary>Builds the network with fresh weights.</summary>
    /// <param name="configuration">Its shape.</param>
    /// <param name="generator">Where the weights are drawn from; <see langword="null"/> for PyTorch's default generator, which
    /// <c>torch.manual_seed</c> seeds.</param>
    /// <exception cref="ArkInputException">The configuration does not make a network.</exception>
    public UperNet(UperNetConfiguration configuration, Generator? generator = null)
        : base(nameof(UperNet))
    {
        ArgumentNullException.ThrowIfNull(configuration);
        configuration.Validate();
        Configuration = configuration;
        backbone = new SwinTransformer(configuration.Backbone with { NumClasses = 0, PadsWindows = true }, generator);
        register_module(nameof(backbone), backbone);
        if (configuration.Decoder == UperNetDecoder.Detailed)
        {
            decoder = new DetailedDecoder(configuration);
            register_module(nameof(decoder), decoder);
        }
        else
        {
            var channels = configuration.FeatureChannels;
            PPN = new PyramidPooling(channels[^1], configuration.PyramidBins, configuration.DropRate);
            FPN = new FeaturePyramid(channels);
            head = new Convolution(channels[0], configuration.Structures.Count, 3, hasBias: true);
            register_module(nameof(PPN), PPN);
            register_module(nameof(FPN), FPN);
            register_module(nameof(head), head);
        }

        foreach (var convolution in modules().OfType<Convolution>().Distinct()) convolution.Initialize(generator);
    }

    /// <summary>The shape of the network.</summary>
    public UperNetConfiguration Configuration { get; }

    /// <summary>The backbone; owned by the network. Load a checkpoint into it to start from Ark's or ImageNet's weights.</summary>
    public SwinTransformer Backbone => backbone;

    /// <summary>
    /// What leaves out channels of the pyramid and branches of the backbone in training; set before each step, it makes training repeatable
    /// from any step.
    /// </summary>
    internal void SeedDrops(ulong seed, ulong step)
    {
        backbone.DropPathStream = new RandomStream(seed, RandomStreams.SegmentationDropPath, step);
        var stream = new RandomStream(seed, RandomStreams.SegmentationChannels, step);
        if (decoder is not null) decoder.DropStream = stream;
        else PPN!.DropStream = stream;
    }

    /// <summary>A score for each pixel and structure; its sigmoid is a probability.</summary>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c> of the backbone, normalised; borrowed.</param>
    /// <returns>Logits <c>[B, Structures, ImageHeight, ImageWidth]</c>; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    [SuppressMessage("Naming", "CA1725", Justification = "The base class calls it 'input'.")]
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Decode(images, TakesUnmerged ? backbone.UnmergedFeatures(images) : backbone.StageFeatures(images)).MoveToOuterDisposeScope();
    }

    /// <summary>Whether the decoder takes the outputs of the stages before their patch merging; else after it.</summary>
    internal bool TakesUnmerged => decoder is not null;

    /// <summary>The logits of images whose backbone has run.</summary>
    /// <param name="images">As in <see cref="forward"/>.</param>
    /// <param name="features"><c>[B, H, W, C]</c> of each stage, as <see cref="TakesUnmerged"/> says; borrowed.</param>
    internal Tensor Decode(Tensor images, IReadOnlyList<Tensor> features)
    {
        using var scope = NewDisposeScope();
        var scores = decoder is not null
            ? decoder.forward(images, [.. features.Select(f => f.to(ScalarType.Float32))])
            : Score(ChannelsFirst(features));
        return Resizing.ToEdges(scores, images.size(2), images.size(3)).MoveToOuterDisposeScope();
    }

    /// <summary>The stages' outputs as <c>[B, C, H, W]</c>.</summary>
    internal IReadOnlyList<Tensor> Features(Tensor images) => ChannelsFirst(backbone.StageFeatures(images));

    /// <summary>The scores of the published decoder at the size of the finest stage.</summary>
    internal Tensor Score(IReadOnlyList<Tensor> features) => head!.forward(Fuse(features, out _));

    /// <summary>The fused map before the head, and what the pyramid made of the last stage.</summary>
    internal Tensor Fuse(IReadOnlyList<Tensor> features, out Tensor pooled)
    {
        pooled = PPN!.forward(features[^1]);
        return FPN!.forward([.. features.Take(features.Count - 1), pooled]);
    }

    /// <inheritdoc cref="SwinBackbone.state_dict"/>
    [SuppressMessage("Naming", "CA1725", Justification = "The base class has the same names.")]
    public override Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
    {
        destination ??= new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (name, module) in named_modules())
        {
            if (module is Convolution layer) SwinBackbone.RequireAlive(name, layer.weight, layer.bias);
            else if (module is BatchNorm norm) SwinBackbone.RequireAlive(name, norm.weight, norm.bias);
        }

        SwinBackbone.Collect(this, string.IsNullOrEmpty(prefix) ? "" : prefix + ".", destination);
        return destination;
    }

    private static IReadOnlyList<Tensor> ChannelsFirst(IReadOnlyList<Tensor> features) =>
        [.. features.Select(f => f.to(ScalarType.Float32).permute(0, 3, 1, 2).contiguous())];

    INetworkNames? IWeightLayouts.Networks => null;

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
        new Dictionary<string, string>(StringComparer.Ordinal);

    bool IWeightLayouts.CanResize(string name, ReadOnlySpan<long> from, ReadOnlySpan<long> to) => PositionTables.CanResize(name, from, to);

    Tensor IWeightLayouts.Resize(string name, Tensor stored, ReadOnlySpan<long> to) =>
        ((IWeightLayouts)backbone).Resize(name[BackbonePrefix.Length..], stored, to);

    string? IWeightLayouts.Describe(IReadOnlyDictionary<string, long[]> shapes) => WeightRecognition.Recognize(shapes)?.ToString();
}
