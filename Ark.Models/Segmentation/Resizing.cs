using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>Bilinear resizing of feature maps <c>[B, C, H, W]</c>; the caller owns the result.</summary>
internal static class Resizing
{
    /// <summary>The centres of the corner pixels stay where they are: how the published network resizes features.</summary>
    public static Tensor ToCorners(Tensor features, long height, long width) =>
        nn.functional.interpolate(features, [height, width], mode: InterpolationMode.Bilinear, align_corners: true);

    /// <summary>The edges of the corner pixels stay where they are: how it resizes its logits to the image.</summary>
    public static Tensor ToEdges(Tensor features, long height, long width) =>
        nn.functional.interpolate(features, [height, width], mode: InterpolationMode.Bilinear, align_corners: false);
}
