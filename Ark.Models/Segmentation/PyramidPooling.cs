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

    public PyramidPooling(int channels, IReadOnlyList<int> bins, double dropRate)
        : base(nameof(PyramidPooling))
    {
        var each = channels / bins.Count;
        stages = new ModuleList<Sequential>([.. bins.Select(b => nn.Sequential(
            nn.AdaptiveAvgPool2d([b, b]), new Convolution(channels, each, 1, hasBias: false), nn.BatchNorm2d(each), nn.ReLU()))]);
        bottleneck = nn.Sequential(
            new Convolution(channels + (each * bins.Count), channels, 3, hasBias: false), nn.BatchNorm2d(channels), nn.ReLU(), nn.Dropout2d(dropRate));
        RegisterComponents();
    }

    public override Tensor forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (features.size(2), features.size(3));
        var all = cat([features, .. stages.Select(s => Resizing.ToCorners(s.forward(features), height, width))], 1);
        return bottleneck.forward(all).MoveToOuterDisposeScope();
    }
}
