using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>The Dice coefficient of probabilities: differentiable, and equal to the usual one for masks.</summary>
internal static class SoftDice
{
    // Keeps the loss defined where there is nothing to find, and 0 where nothing is found then.
    private const double Smooth = 1;

    /// <summary>1 minus the Dice coefficient of the whole batch, all structures taken together, as the published training does.</summary>
    /// <param name="probabilities"><c>[B, K, H, W]</c>, 0 to 1; borrowed.</param>
    /// <param name="target">0 or 1, the same shape; borrowed.</param>
    /// <param name="known">1, or 0 where a pixel is left out and <paramref name="target"/> is 0, the same shape; borrowed;
    /// <see langword="null"/> for 1 everywhere.</param>
    /// <returns>A scalar of 0 to 1; the caller owns it.</returns>
    public static Tensor Loss(Tensor probabilities, Tensor target, Tensor? known = null)
    {
        using var scope = NewDisposeScope();
        var (p, t) = ((known is null ? probabilities : probabilities.mul(known)).flatten(), target.flatten());
        var overlap = p.mul(t).sum().Times(2).Plus(Smooth);
        var total = p.sum().Plus(t.sum()).Plus(Smooth);
        return overlap.div(total).Times(-1).Plus(1).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The same for each structure by itself, averaged, plus the binary cross-entropy: thin structures count as much as large ones.
    /// </summary>
    /// <param name="logits"><c>[B, K, H, W]</c>; borrowed.</param>
    /// <param name="target">0 or 1, the same shape; borrowed.</param>
    /// <param name="known">As in <see cref="Loss"/>; the cross-entropy is the mean over what is known.</param>
    /// <returns>A scalar; the caller owns it.</returns>
    public static Tensor WithCrossEntropy(Tensor logits, Tensor target, Tensor? known = null)
    {
        using var scope = NewDisposeScope();
        var p = known is null ? logits.sigmoid() : logits.sigmoid().mul(known);
        var overlap = p.mul(target).sum([0, 2, 3]).Times(2).Plus(Smooth);
        var total = p.sum([0, 2, 3]).Plus(target.sum([0, 2, 3])).Plus(Smooth);
        var dice = overlap.div(total).mean().Times(-1).Plus(1);
        return dice.Plus(CrossEntropy(logits, target, known)).MoveToOuterDisposeScope();
    }

    private static Tensor CrossEntropy(Tensor logits, Tensor target, Tensor? known)
    {
        if (known is null) return nn.functional.binary_cross_entropy_with_logits(logits, target);
        var sum = nn.functional.binary_cross_entropy_with_logits(logits, target, weight: known, reduction: nn.Reduction.Sum);
        // At least 1: a step whose pixels are all left out has the loss 0.
        return sum.div(known.sum().clamp_min(KeptScalar.One));
    }
}
