using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// Mix-up (Zhang et al., ICLR 2018): each image is blended with another of its batch, and so are the targets. A target that either lacks
/// stays missing.
/// </summary>
internal static class MixUp
{
    /// <summary>Blends a batch with itself in reverse.</summary>
    /// <param name="images"><c>[B, 3, H, W]</c>.</param>
    /// <param name="targets"><c>[B, K]</c>.</param>
    /// <param name="alpha">The beta distribution's parameter, above 0 and at most 1.</param>
    /// <param name="random">Where the share is drawn from.</param>
    public static (Tensor Images, Tensor Targets) Blend(Tensor images, Tensor targets, double alpha, RandomStream random)
    {
        var share = Beta(alpha, random);
        Tensor Mix(Tensor x) => x.Times(share).Plus(x.flip(0).Times(1 - share));
        return (Mix(images), Mix(targets));
    }

    // Jöhnk's method, which needs a parameter of at most 1.
    private static double Beta(double alpha, RandomStream random)
    {
        while (true)
        {
            var (x, y) = (Math.Pow(random.NextDouble(), 1 / alpha), Math.Pow(random.NextDouble(), 1 / alpha));
            if (x + y is > 0 and <= 1) return x / (x + y);
        }
    }
}
