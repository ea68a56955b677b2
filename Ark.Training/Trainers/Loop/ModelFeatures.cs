using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>A model's passes without gradients while it is trained: teaching, validation and tests.</summary>
internal static class ModelFeatures
{
    /// <summary>The features that the heads take.</summary>
    /// <param name="model">The model; borrowed.</param>
    /// <param name="images"><c>[B, C, H, W]</c>, normalized; borrowed.</param>
    /// <param name="blocks">What computes the blocks; <see langword="null"/> for libtorch's operators.</param>
    /// <returns><c>[B, FeatureCount]</c>; the caller owns them.</returns>
    public static Tensor Of(ArkModel model, Tensor images, FusedBlocks? blocks)
    {
        using var off = no_grad();
        if (blocks is null) return model.Features(images);
        using var tokens = blocks.Tokens(model, images);
        return model.FeaturesOf(tokens);
    }
}
