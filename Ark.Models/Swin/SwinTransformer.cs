using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>A Swin Transformer classifier, as timm 0.5.4 builds it (Liu et al., "Swin Transformer", ICCV 2021).</summary>
public sealed class SwinTransformer : SwinBackbone
{
    /// <summary>Builds the network with fresh weights.</summary>
    /// <param name="configuration">Its shape.</param>
    /// <param name="generator">Where the weights are drawn from; <see langword="null"/> for PyTorch's default generator, which
    /// <c>torch.manual_seed</c> seeds.</param>
    /// <exception cref="ArkInputException">The configuration does not make a network.</exception>
    public SwinTransformer(SwinConfiguration configuration, Generator? generator = null)
        : this(configuration, device: null)
        => InitializeBackbone(generator);

    private SwinTransformer(SwinConfiguration configuration, Device? device)
        : base(nameof(SwinTransformer), configuration, device)
        => RegisterComponents();

    /// <summary>Builds the network without drawing weights, for a checkpoint to fill: norms are the identity, all else is zero.</summary>
    /// <param name="configuration">Its shape.</param>
    /// <param name="device">Where it lives; <see langword="null"/> for the CPU.</param>
    /// <returns>The network; the caller owns it.</returns>
    /// <exception cref="ArkInputException">The configuration does not make a network.</exception>
    public static SwinTransformer Allocate(SwinConfiguration configuration, Device? device = null) => new(configuration, device);

    /// <summary>
    /// Loads the backbone and the classifier that a weight file holds, its architecture recognised: files of timm, old and new, of the
    /// Microsoft repository, and the backbones of Ark and Ark+, whose projector and heads are left out.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="nestedKey">Where in the file the state dict is; <see langword="null"/> chooses as
    /// <see cref="CheckpointFile.LoadStateDict"/> does.</param>
    /// <param name="options">How to read the file; <see langword="null"/> for the defaults.</param>
    /// <returns>The network on the CPU, in evaluation mode; the caller owns it.</returns>
    /// <exception cref="ArkInputException">The file cannot be read, or holds no Swin Transformer.</exception>
    public static SwinTransformer Load(string path, string? nestedKey = null, PyTorchLoadOptions? options = null) =>
        ModelLoader.Load(path, nestedKey, options, out _, static (reader, choice) =>
        {
            var backbone = ModelLoader.Recognize(reader, choice).Backbone;
            return new ModelPlan<SwinTransformer>(backbone, () => Allocate(backbone));
        });

    /// <summary>Classifies images with the backbone's own <c>head</c>.</summary>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c>; borrowed.</param>
    /// <returns>Logits <c>[B, NumClasses]</c>, or the pooled features where there are no classes; the caller owns it.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public Tensor forward(Tensor images)
    {
        var pooled = Pool(images);
        if (head is null) return pooled;
        using (pooled) return head.forward(pooled);
    }
}
