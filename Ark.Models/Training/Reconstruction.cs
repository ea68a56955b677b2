using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// What masked image modeling adds to a backbone (Xie et al., "SimMIM", CVPR 2022): the token of hidden patches, and a linear decoder that
/// says the pixels below each token of the last stage.
/// </summary>
internal sealed class Reconstruction : nn.Module
{
    // Of the published loss, so that no hidden pixel divides by nothing.
    private const double NoPixels = 1e-5;

    internal readonly Parameter mask_token;
    internal readonly Linear decoder;
    private readonly int _channels;
    private readonly int _patch;
    private readonly int _stride;

    /// <summary>Draws fresh weights.</summary>
    /// <param name="configuration">The backbone's shape.</param>
    /// <param name="generator">Where they are drawn from; <see langword="null"/> for PyTorch's default generator.</param>
    public Reconstruction(SwinConfiguration configuration, Generator? generator)
        : base(nameof(Reconstruction))
    {
        (_channels, _patch, _stride) = (configuration.InputChannels, configuration.PatchSize, StrideOf(configuration));
        mask_token = Layers.Parameter(device: null, 1, 1, configuration.EmbedDim);
        // A convolution of one pixel, which is a product over the channels.
        decoder = Layers.Linear(configuration.NumFeatures, _stride * _stride * _channels, bias: true, device: null);
        Initialization.TruncatedNormal(mask_token, generator);
        Initialization.Default(decoder, generator);
        RegisterComponents();
    }

    /// <summary>Pixels from one token of the last stage to the next.</summary>
    public static int StrideOf(SwinConfiguration configuration) => configuration.PatchSize << (configuration.StageCount - 1);

    /// <summary>The mask for a forward pass of a backbone.</summary>
    /// <param name="hidden"><c>[B, H / patch, W / patch]</c>, boolean; borrowed.</param>
    public PatchMask MaskOf(Tensor hidden) => new(mask_token, hidden);

    /// <summary>The pixels that the tokens of the last stage tell.</summary>
    /// <param name="network">The backbone, whose last norm is applied; borrowed.</param>
    /// <param name="tokens"><c>[B, H / stride, W / stride, NumFeatures]</c>; borrowed.</param>
    /// <returns><c>[B, C, H, W]</c>; the caller owns it.</returns>
    public Tensor Decode(SwinBackbone network, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var normed = network.norm.call(tokens.to(decoder.weight.dtype));
        var (batch, rows, columns) = (tokens.size(0), tokens.size(1), tokens.size(2));
        // A token's outputs are, channel by channel, the rows of its square of pixels: what pixel shuffle does.
        return decoder.call(normed).view(batch, rows, columns, _channels, _stride, _stride).permute(0, 3, 1, 4, 2, 5)
            .reshape(batch, _channels, rows * _stride, columns * _stride).MoveToOuterDisposeScope();
    }

    /// <summary>The mean absolute difference over the hidden pixels of a step, or the share of it that some of its images have.</summary>
    /// <param name="decoded"><c>[B, C, H, W]</c>; borrowed.</param>
    /// <param name="images"><c>[B, 3, H, W]</c>, as the backbone got them; borrowed.</param>
    /// <param name="hidden"><c>[B, H / patch, W / patch]</c>, boolean; borrowed.</param>
    /// <param name="hiddenPatches">How many patches are hidden in all images of the step.</param>
    /// <returns>A scalar; the caller owns it.</returns>
    public Tensor LossOf(Tensor decoded, Tensor images, Tensor hidden, long hiddenPatches)
    {
        using var scope = NewDisposeScope();
        var pixels = hidden.repeat_interleave(_patch, 1).repeat_interleave(_patch, 2).unsqueeze(1).to(decoded.dtype);
        var difference = nn.functional.l1_loss(decoded, InputChannels.Fit(images, _channels), nn.Reduction.None);
        var count = ((double)hiddenPatches * _patch * _patch) + NoPixels;
        return (difference * pixels).sum().Times(1 / count / _channels).MoveToOuterDisposeScope();
    }
}
