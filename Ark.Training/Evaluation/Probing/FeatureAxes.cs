using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>
/// Standardized features along the axes of the space that they span, along which they do not vary together. There the Hessian of a
/// logistic loss is nearly diagonal, so that its diagonal is a good preconditioner; the penalty and the model are the same, because the
/// axes are at right angles.
/// </summary>
/// <param name="Mean">The mean of each feature, <c>[D]</c>.</param>
/// <param name="Scale">What it is multiplied by, <c>[D]</c>; 0 for one that does not vary.</param>
/// <param name="Rows">The images, <c>[N, R]</c>, in double precision.</param>
/// <param name="Axes">Each axis, <c>[R, D]</c>.</param>
internal sealed record FeatureAxes(Tensor Mean, Tensor Scale, Tensor Rows, Tensor Axes)
{
    /// <summary>Finds the axes.</summary>
    /// <param name="features"><c>[N, D]</c>; borrowed.</param>
    /// <param name="standardize">Whether features are standardized first; without it they are taken as they are.</param>
    /// <returns>Tensors of the caller's dispose scope.</returns>
    public static FeatureAxes Of(Tensor features, bool standardize)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var exact = features.to(ScalarType.Float64);
        var (count, width) = (exact.shape[0], exact.shape[1]);
        var (mean, scale) = standardize
            ? Standardization(exact)
            : (zeros([width], ScalarType.Float64), ones([width], ScalarType.Float64));
        var inputs = exact.Plus(mean.neg()) * scale;
        var (rows, axes) = count < width ? OfImages(inputs) : OfFeatures(inputs);
        return new(mean.MoveToOuterDisposeScope(), scale.MoveToOuterDisposeScope(), rows.MoveToOuterDisposeScope(),
            axes.MoveToOuterDisposeScope());
    }

    // Where there are more features than images, coefficients lie in the space of the images: it is enough to look there.
    private static (Tensor Rows, Tensor Axes) OfImages(Tensor inputs)
    {
        var (left, sizes, axes) = linalg.svd(inputs, fullMatrices: false);
        return (left * sizes, axes);
    }

    private static (Tensor Rows, Tensor Axes) OfFeatures(Tensor inputs)
    {
        using var together = nn.functional.linear(inputs.t(), inputs.t());
        var (sizes, vectors) = linalg.eigh(together);
        sizes.Dispose();
        var axes = vectors.t();
        return (nn.functional.linear(inputs, axes), axes);
    }

    /// <summary>
    /// What makes features of mean 0 and deviation 1. One that does not vary has the scale 0 and so no part in the model: rounding would
    /// make a second bias of it, and where it varies later it would outweigh everything.
    /// </summary>
    /// <param name="features"><c>[N, D]</c>; borrowed.</param>
    /// <returns>Mean and scale <c>[D]</c>, in the caller's dispose scope.</returns>
    internal static (Tensor Mean, Tensor Scale) Standardization(Tensor features)
    {
        var mean = features.mean([0]);
        var deviation = features.std(0, unbiased: false);
        return (mean, where(deviation.gt(mean.abs().Times(1e-6)), deviation.reciprocal(), zeros_like(deviation)));
    }
}
