using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Brings the coarse stages down into the fine ones and fuses all at the finest resolution (Lin et al., "Feature Pyramid Networks", CVPR
/// 2017): one <c>[B, C, H, W]</c> for each stage to <c>[B, channels of the first, H, W of the first]</c>.
/// </summary>
internal sealed class FeaturePyramid : nn.Module<IReadOnlyList<Tensor>, Tensor>
{
    private readonly ModuleList<Convolution> conv1x1;
    private readonly ModuleList<Convolution> smooth_conv;
    private readonly Sequential conv_fusion;

    public FeaturePyramid(IReadOnlyList<int> channels)
        : base(nameof(FeaturePyramid))
    {
        var width = channels[0];
        conv1x1 = new ModuleList<Convolution>([.. channels.Skip(1).Select(c => new Convolution(c, width, 1, hasBias: true))]);
        // The published network repeats one module, so that all levels share these weights.
        var smooth = new Convolution(width, width, 3, hasBias: true);
        smooth_conv = new ModuleList<Convolution>([.. channels.Skip(1).Select(_ => smooth)]);
        conv_fusion = nn.Sequential(new Convolution(width * channels.Count, width, 3, hasBias: false), new BatchNorm(width), nn.ReLU());
        RegisterComponents();
    }

    public override Tensor forward(IReadOnlyList<Tensor> features)
    {
        using var scope = NewDisposeScope();
        Tensor[] lateral = [features[0], .. features.Skip(1).Zip(conv1x1, (f, c) => c.forward(f))];
        var (height, width) = (lateral[0].size(2), lateral[0].size(3));
        // Each level takes in the one above it as it came from its stage; the coarsest is not smoothed.
        var levels = new Tensor[lateral.Length];
        levels[^1] = lateral[^1];
        for (var i = 0; i < lateral.Length - 1; i++)
            levels[i] = smooth_conv[lateral.Length - 2 - i].forward(
                Resizing.ToCorners(lateral[i + 1], lateral[i].size(2), lateral[i].size(3)).Plus(lateral[i]));
        for (var i = 1; i < levels.Length; i++) levels[i] = Resizing.ToCorners(levels[i], height, width);
        return conv_fusion.forward(cat(levels, 1)).MoveToOuterDisposeScope();
    }
}
