using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Ark.Evaluation;

/// <summary>The supervised loss of one head.</summary>
internal static class TaskLoss
{
    /// <summary>
    /// Binary cross-entropy of independent labels, or cross-entropy of exclusive classes; missing targets (NaN) are left out of the mean.
    /// </summary>
    /// <param name="logits"><c>[B, K]</c>.</param>
    /// <param name="targets"><c>[B, K]</c>: 0 to 1, one-hot for exclusive classes, NaN missing.</param>
    /// <param name="exclusive">Whether the classes exclude each other.</param>
    /// <param name="anyMissing">Whether any target may be NaN; without it the plain mean is taken.</param>
    /// <returns>A scalar; zero where every target is missing.</returns>
    public static Tensor Compute(Tensor logits, Tensor targets, bool exclusive, bool anyMissing)
    {
        if (exclusive) return CrossEntropy(logits, targets, anyMissing);
        if (!anyMissing) return functional.binary_cross_entropy_with_logits(logits, targets);
        var present = targets.isnan().logical_not();
        var each = functional.binary_cross_entropy_with_logits(logits, targets.nan_to_num(0), reduction: Reduction.None);
        return (each * present).sum() / present.sum().maximum(ones([], present.sum().dtype, present.device));
    }

    private static Tensor CrossEntropy(Tensor logits, Tensor targets, bool anyMissing)
    {
        if (!anyMissing) return functional.cross_entropy(logits, targets);
        var present = targets.isnan().any(1).logical_not();
        var each = functional.cross_entropy(logits, targets.nan_to_num(0), reduction: Reduction.None);
        return (each * present).sum() / present.sum().maximum(ones([], present.sum().dtype, present.device));
    }
}
