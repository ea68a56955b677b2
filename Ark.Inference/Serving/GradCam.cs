using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Inference;

/// <summary>
/// Grad-CAM (Selvaraju et al., ICCV 2017) on the normalised tokens of the last stage, the last place where a Swin Transformer still knows
/// where things are: channels are weighted by the mean gradient of the label's logit, summed, and cut at zero.
/// </summary>
internal static class GradCam
{
    /// <summary>Computes the map.</summary>
    /// <param name="model">The network, in evaluation mode; only its projector and heads are used.</param>
    /// <param name="tokens">The normalised tokens of the last stage of one image, <c>[1, L, C]</c>; borrowed.</param>
    /// <param name="head">The head.</param>
    /// <param name="label">Its output.</param>
    /// <returns>A value for each token, row by row; 0 and above.</returns>
    public static float[] Compute(ArkModel model, Tensor tokens, int head, int label)
    {
        using var scope = NewDisposeScope();
        // Only what comes after the tokens is differentiated.
        var leaf = tokens.detach().requires_grad_(true);
        using var gradients = enable_grad();
        var pooled = leaf.mean([1]);
        var features = model.Projector?.call(pooled) ?? pooled;
        var logit = model.Classify(features)[head][0, label];
        logit.backward();
        using var off = no_grad();
        var weights = leaf.grad!.mean([1], keepdim: true);
        return leaf.detach().mul(weights).sum(2).clamp_min(KeptScalar.Zero).cpu().data<float>().ToArray();
    }
}
