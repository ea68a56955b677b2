using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>
/// The loss of a logistic regression with an L2 penalty, its gradient, and products with its Hessian, in double precision. A row of
/// coefficients <c>[K, D + 1]</c> belongs to a label; its last number is the bias, which has no penalty.
/// </summary>
/// <remarks>
/// Labels that do not exclude each other are models of their own: each has the mean over its own images, so that neither the number of
/// labels nor what others lack changes it. What is summed over a model is therefore <c>[K, 1]</c> there, and <c>[1, 1]</c> for exclusive
/// classes.
/// </remarks>
internal sealed class LogisticLoss
{
    private readonly Tensor _inputs;
    private readonly Tensor _targets;
    private readonly Tensor _shares;
    private readonly Tensor _penalties;
    private readonly bool _exclusive;

    /// <summary>Makes the loss; its tensors are of the caller's dispose scope.</summary>
    /// <param name="features"><c>[N, D]</c>, double precision.</param>
    /// <param name="targets"><c>[N, K]</c>, double precision, NaN missing.</param>
    /// <param name="exclusive">Whether the classes exclude each other.</param>
    /// <param name="penalty">Weight of half the squared norm of a model's coefficients.</param>
    public LogisticLoss(Tensor features, Tensor targets, bool exclusive, double penalty)
    {
        var count = features.shape[0];
        _exclusive = exclusive;
        _inputs = cat([features, ones([count, 1], ScalarType.Float64)], 1);
        var present = targets.isnan().logical_not();
        if (exclusive) present = present.all(1, keepdim: true);
        var known = present.to(ScalarType.Float64);
        _shares = known / known.sum(0, keepdim: true).clamp_min(KeptScalar.One);
        _targets = where(present, targets.nan_to_num(0), zeros_like(targets));
        if (exclusive)
        {
            // They need not sum to one: what they sum to is the image's weight.
            var sums = _targets.sum(1, keepdim: true);
            _targets = _targets / where(sums.gt(KeptScalar.Zero), sums, ones_like(sums));
            _shares = _shares * sums;
        }

        _penalties = ones([1, features.shape[1] + 1], ScalarType.Float64).Times(penalty);
        _penalties.narrow(1, features.shape[1], 1).zero_();
    }

    /// <summary>The coefficients' shape.</summary>
    public long[] Shape => [_targets.shape[1], _inputs.shape[1]];

    /// <summary>What a row of the inputs gives: <c>[N, K]</c>.</summary>
    public Tensor Logits(Tensor coefficients) => nn.functional.linear(_inputs, coefficients);

    /// <summary>The loss of each model.</summary>
    public Tensor Value(Tensor coefficients, Tensor logits)
    {
        var each = _exclusive
            ? (nn.functional.log_softmax(logits, 1) * _targets).sum(1, keepdim: true).neg()
            : nn.functional.binary_cross_entropy_with_logits(logits, _targets, reduction: nn.Reduction.None);
        return (each * _shares).sum(0, keepdim: true).t().Plus(Dot(coefficients, coefficients * _penalties).Times(0.5));
    }

    /// <summary>The probabilities, which the other two need: <c>[N, K]</c>.</summary>
    public Tensor Probabilities(Tensor logits) => _exclusive ? logits.softmax(1) : logits.sigmoid();

    /// <summary>The gradient, of the coefficients' shape.</summary>
    public Tensor Gradient(Tensor coefficients, Tensor probabilities) =>
        OverImages(probabilities.Plus(_targets.neg()) * _shares, _inputs).Plus(coefficients * _penalties);

    /// <summary>The Hessian times a direction, of the coefficients' shape.</summary>
    public Tensor Curvature(Tensor direction, Tensor probabilities)
    {
        var moved = nn.functional.linear(_inputs, direction);
        var mean = _exclusive ? (probabilities * moved).sum(1, keepdim: true) : probabilities * moved;
        return OverImages(probabilities * moved.Plus(mean.neg()) * _shares, _inputs).Plus(direction * _penalties);
    }

    /// <summary>The Hessian's diagonal, of the coefficients' shape.</summary>
    public Tensor Diagonal(Tensor probabilities) =>
        OverImages(probabilities * probabilities.neg().Plus(1) * _shares, _inputs * _inputs).Plus(_penalties);

    /// <summary>The product of two directions within each model.</summary>
    public Tensor Dot(Tensor a, Tensor b)
    {
        var rows = (a * b).sum(1, keepdim: true);
        return _exclusive ? rows.sum(0, keepdim: true) : rows;
    }

    // The sum over the images: [N, K] and [N, D + 1] to [K, D + 1].
    private static Tensor OverImages(Tensor each, Tensor inputs) => nn.functional.linear(each.t(), inputs.t());
}
