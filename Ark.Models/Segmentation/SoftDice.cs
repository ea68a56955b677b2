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
    /// <returns>A scalar of 0 to 1; the caller owns it.</returns>
    public static Tensor Loss(Tensor probabilities, Tensor target)
    {
        using var scope = NewDisposeScope();
        var (p, t) = (probabilities.flatten(), target.flatten());
        var overlap = p.mul(t).sum().Times(2).Plus(Smooth);
        var total = p.sum().Plus(t.sum()).Plus(Smooth);
        return overlap.div(total).Times(-1).Plus(1).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The same for each structure by itself, averaged, plus the binary cross-entropy: thin structures count as much as large ones.
    /// </summary>
    /// <param name="logits"><c>[B, K, H, W]</c>; borrowed.</param>
    /// <param name="target">0 or 1, the same shape; borrowed.</param>
    /// <returns>A scalar; the caller owns it.</returns>
    public static Tensor WithCrossEntropy(Tensor logits, Tensor target)
    {
        using var scope = NewDisposeScope();
        var p = logits.sigmoid();
        var overlap = p.mul(target).sum([0, 2, 3]).Times(2).Plus(Smooth);
        var total = p.sum([0, 2, 3]).Plus(target.sum([0, 2, 3])).Plus(Smooth);
        var dice = overlap.div(total).mean().Times(-1).Plus(1);
        return dice.Plus(nn.functional.binary_cross_entropy_with_logits(logits, target)).MoveToOuterDisposeScope();
    }
}
