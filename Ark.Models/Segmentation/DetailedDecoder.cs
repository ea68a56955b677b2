using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// The decoder for thin structures: the pyramid of UPerNet over normalised features before patch merging, and the image itself at half
/// (and, where patches are larger than 4, a quarter) of its resolution, so that borders are found to the pixel.
/// </summary>
internal sealed class DetailedDecoder : nn.Module<Tensor, IReadOnlyList<Tensor>, Tensor>
{
    // Whole multiples of 16: the convolutions are fastest there.
    private const int HalfChannels = 16;

    private readonly Sequential half;
    private readonly Sequential? quarter;
    private readonly ModuleList<LayerNorm> norms;
    private readonly ModuleList<Sequential> laterals;
    private readonly PyramidPooling pooling;
    private readonly ModuleList<Sequential> smoothings;
    private readonly Sequential fusion;
    private readonly Sequential refinement;
    private readonly Convolution head;

    public DetailedDecoder(UperNetConfiguration configuration)
        : base(nameof(DetailedDecoder))
    {
        var (backbone, width) = (configuration.Backbone, configuration.Width);
        half = Block(4 * backbone.InputChannels, HalfChannels, 3);
        quarter = backbone.PatchSize > 4 ? Block(4 * HalfChannels, width, 3) : null;
        int[] channels = [.. Enumerable.Range(0, backbone.StageCount).Select(backbone.ChannelsOf)];
        norms = new ModuleList<LayerNorm>([.. channels.Select(c => Layers.Norm(c, device: null))]);
        laterals = new ModuleList<Sequential>([.. channels.SkipLast(1).Select(c => Block(c, width, 1))]);
        pooling = new PyramidPooling(channels[^1], configuration.PyramidBins, configuration.DropRate, width);
        var levels = channels.Length + (quarter is null ? 0 : 1);
        smoothings = new ModuleList<Sequential>([.. Enumerable.Range(0, levels - 1).Select(_ => Block(width, width, 3))]);
        fusion = Block(levels * width, width, 3);
        refinement = Block(width + HalfChannels, width, 3);
        head = new Convolution(width, configuration.Structures.Count, 1, hasBias: true);
        RegisterComponents();
    }

    /// <summary>The numbers that decide which channels are left out in training.</summary>
    public RandomStream DropStream
    {
        set => pooling.DropStream = value;
    }

    /// <summary>Scores at half the image's resolution.</summary>
    /// <param name="images"><c>[B, C, H, W]</c>; borrowed.</param>
    /// <param name="features">One <c>[B, H, W, C]</c> for each stage, before merging; borrowed.</param>
    /// <returns><c>[B, Structures, H / 2, W / 2]</c>; the caller owns it.</returns>
    public override Tensor forward(Tensor images, IReadOnlyList<Tensor> features)
    {
        using var scope = NewDisposeScope();
        var fine = half.forward(nn.functional.pixel_unshuffle(images, 2));
        Tensor[] normed = [.. features.Zip(norms, (f, n) => n.forward(f).permute(0, 3, 1, 2).contiguous())];
        List<Tensor> levels = [.. normed.SkipLast(1).Zip(laterals, (f, l) => l.forward(f)), pooling.forward(normed[^1])];
        if (quarter is not null) levels.Insert(0, quarter.forward(nn.functional.pixel_unshuffle(fine, 2)));
        for (var i = levels.Count - 2; i >= 0; i--)
        {
            var above = Resizing.ToEdges(levels[i + 1], levels[i].size(2), levels[i].size(3));
            levels[i] = smoothings[i].forward(levels[i].Plus(above));
        }

        var (height, width) = (levels[0].size(2), levels[0].size(3));
        var fused = fusion.forward(cat([levels[0], .. levels.Skip(1).Select(l => Resizing.ToEdges(l, height, width))], 1));
        var wide = Resizing.ToEdges(fused, fine.size(2), fine.size(3));
        return head.forward(refinement.forward(cat([wide, fine], 1))).MoveToOuterDisposeScope();
    }

    private static Sequential Block(int inputs, int outputs, int kernel) =>
        nn.Sequential(new Convolution(inputs, outputs, kernel, hasBias: false), new BatchNorm(outputs), nn.ReLU());
}
