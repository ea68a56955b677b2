using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Adds to a stage its averages over coarse grids, so that every token knows the whole picture (Zhao et al., "Pyramid Scene Parsing
/// Network", CVPR 2017): <c>[B, C, H, W]</c> to the same.
/// </summary>
internal sealed class PyramidPooling : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<Sequential> stages;
    private readonly Sequential bottleneck;

    private readonly IReadOnlyList<int> _bins;
    private readonly ChannelDrop _drop;

    /// <summary>Builds the module.</summary>
    /// <param name="channels">C.</param>
    /// <param name="bins">The grids.</param>
    /// <param name="dropRate">How often a channel of the result is left out in training.</param>
    /// <param name="width">Channels of the result; <see langword="null"/> for C.</param>
    public PyramidPooling(int channels, IReadOnlyList<int> bins, double dropRate, int? width = null)
        : base(nameof(PyramidPooling))
    {
        var outputs = width ?? channels;
        var each = outputs / bins.Count;
        _bins = bins;
        _drop = new ChannelDrop(dropRate);
        stages = new ModuleList<Sequential>([.. bins.Select(b => nn.Sequential(
            nn.AdaptiveAvgPool2d([b, b]), new Convolution(channels, each, 1, hasBias: false), new BatchNorm(each), nn.ReLU()))]);
        bottleneck = nn.Sequential(
            new Convolution(channels + (each * bins.Count), outputs, 3, hasBias: false), new BatchNorm(outputs), nn.ReLU(), _drop);
        register_module(nameof(stages), stages);
        register_module(nameof(bottleneck), bottleneck);
    }

    /// <summary>The numbers that decide which channels are left out.</summary>
    public RandomStream DropStream
    {
        set => _drop.Stream = value;
    }

    public override Tensor forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (features.size(2), features.size(3));
        var all = cat([features, .. stages.Select((
            s, i) => Resizing.ToCorners(training && _bins[i] == 1 ? Whole(s, features) : s.forward(features), height, width))], 1);
        return bottleneck.forward(all).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The average over the whole picture in training, in float64: batch normalisation over one value from each image leaves of a gradient
    /// the small share eps / (variance + eps), and in float32 the cancellation that leads there costs it three digits. <c>[B, C, H, W]</c>
    /// to float32 <c>[B, K, 1, 1]</c>; running statistics move as those of the module do.
    /// </summary>
    private static Tensor Whole(Sequential stage, Tensor features)
    {
        var (convolution, norm) = ((Convolution)stage[1], (BatchNorm)stage[2]);
        var mixed = nn.functional.linear(
            features.mean([2, 3], type: ScalarType.Float64), convolution.weight.flatten(1).to(ScalarType.Float64));
        var normed = norm.InDoublePrecision(mixed);
        return nn.functional.relu(normed).unsqueeze(-1).unsqueeze(-1).to(ScalarType.Float32);
    }
}
