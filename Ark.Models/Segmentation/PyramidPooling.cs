using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Adds to a stage its averages over coarse grids, so that every token knows the whole picture (Zhao et al., "Pyramid Scene Parsing Network", CVPR 2017):
/// <c>[B, C, H, W]</c> to the same.
/// </summary>
internal sealed class PyramidPooling : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<Sequential> stages;
    private readonly Sequential bottleneck;

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
        _drop = new ChannelDrop(dropRate);
        stages = new ModuleList<Sequential>([.. bins.Select(b => nn.Sequential(
            nn.AdaptiveAvgPool2d([b, b]), new Convolution(channels, each, 1, hasBias: false), nn.BatchNorm2d(each), nn.ReLU()))]);
        bottleneck = nn.Sequential(
            new Convolution(channels + (each * bins.Count), outputs, 3, hasBias: false), nn.BatchNorm2d(outputs), nn.ReLU(), _drop);
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
        var all = cat([features, .. stages.Select(s => Resizing.ToCorners(s.forward(features), height, width))], 1);
        return bottleneck.forward(all).MoveToOuterDisposeScope();
    }
}
