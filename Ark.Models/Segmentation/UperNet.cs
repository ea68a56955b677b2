using System.Diagnostics.CodeAnalysis;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// UPerNet on a Swin Transformer (Xiao et al., "Unified Perceptual Parsing for Scene Understanding", ECCV 2018), built as the publication of Ark+ builds it:
/// the features of each stage are taken after its patch merging and without a norm, and the smoothing convolutions share their weights. Names, shapes and
/// order of its state dict are the published ones.
/// </summary>
/// <remarks>
/// A forward pass in evaluation mode changes nothing and may run on several threads at once; training is for one thread. The network owns its parameters;
/// tensors that it returns belong to the caller.
/// </remarks>
public sealed class UperNet : nn.Module<Tensor, Tensor>, IWeightLayouts
{
    private const string BackbonePrefix = "backbone.";

    private readonly SwinTransformer backbone;
    private readonly PyramidPooling PPN;
    private readonly FeaturePyramid FPN;
    private readonly Convolution head;

    /// <summary>Builds the network with fresh weights.</summary>
    /// <param name="configuration">Its shape.</param>
    /// <param name="generator">Where the weights are drawn from; <see langword="null"/> for PyTorch's default generator, which <c>torch.manual_seed</c> seeds.</param>
    /// <exception cref="ArkInputException">The configuration does not make a network.</exception>
    public UperNet(UperNetConfiguration configuration, Generator? generator = null)
        : base(nameof(UperNet))
    {
        ArgumentNullException.ThrowIfNull(configuration);
        configuration.Validate();
        Configuration = configuration;
        var channels = configuration.FeatureChannels;
        backbone = new SwinTransformer(configuration.Backbone with { NumClasses = 0 }, generator);
        PPN = new PyramidPooling(channels[^1], configuration.PyramidBins, configuration.DropRate);
        FPN = new FeaturePyramid(channels);
        head = new Convolution(channels[0], configuration.Structures.Count, 3, hasBias: true);
        RegisterComponents();
        foreach (var convolution in modules().OfType<Convolution>().Distinct()) convolution.Initialise(generator);
    }

    /// <summary>The shape of the network.</summary>
    public UperNetConfiguration Configuration { get; }

    /// <summary>The backbone; owned by the network. Load a checkpoint into it to start from Ark's or ImageNet's weights.</summary>
    public SwinTransformer Backbone => backbone;

    /// <summary>A score for each pixel and structure; its sigmoid is a probability.</summary>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c> of the backbone, normalised; borrowed.</param>
    /// <returns>Logits <c>[B, Structures, ImageHeight, ImageWidth]</c>; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    [SuppressMessage("Naming", "CA1725", Justification = "The base class calls it 'input'.")]
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var fused = Fuse(Features(images), out _);
        return Resizing.ToEdges(head.forward(fused), images.size(2), images.size(3)).MoveToOuterDisposeScope();
    }

    /// <summary>The stages' outputs as <c>[B, C, H, W]</c>.</summary>
    internal IReadOnlyList<Tensor> Features(Tensor images) => [.. backbone.StageFeatures(images).Select(f => f.permute(0, 3, 1, 2).contiguous())];

    /// <summary>The fused map before the head, and what the pyramid made of the last stage.</summary>
    internal Tensor Fuse(IReadOnlyList<Tensor> features, out Tensor pooled)
    {
        pooled = PPN.forward(features[^1]);
        return FPN.forward([.. features.Take(features.Count - 1), pooled]);
    }

    /// <inheritdoc cref="SwinBackbone.state_dict"/>
    [SuppressMessage("Naming", "CA1725", Justification = "The base class has the same names.")]
    public override Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
    {
        destination ??= new Dictionary<string, Tensor>(StringComparer.Ordinal);
        SwinBackbone.Collect(this, string.IsNullOrEmpty(prefix) ? "" : prefix + ".", destination);
        return destination;
    }

    IReadOnlyDictionary<string, string> IWeightLayouts.Rename(IReadOnlyDictionary<string, long[]> shapes) => new Dictionary<string, string>(StringComparer.Ordinal);

    bool IWeightLayouts.CanResize(string name, ReadOnlySpan<long> from, ReadOnlySpan<long> to) => PositionTables.CanResize(name, from, to);

    Tensor IWeightLayouts.Resize(string name, Tensor stored, ReadOnlySpan<long> to) => ((IWeightLayouts)backbone).Resize(name[BackbonePrefix.Length..], stored, to);

    string? IWeightLayouts.Describe(IReadOnlyDictionary<string, long[]> shapes) => WeightRecognition.Recognise(shapes)?.ToString();
}
