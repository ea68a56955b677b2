using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>
/// Finds the minimum of a logistic loss by Newton's method, whose steps come from conjugate gradients (Nocedal and Wright, Numerical
/// Optimization, algorithms 7.1 and 3.1). It ends where rounding does: with a small penalty, a method that uses gradients alone stops far
/// from the optimum. Models that share the inputs go on side by side, each with its own step.
/// </summary>
internal static class NewtonMethod
{
    private const int MaxSteps = 100;
    private const double Tolerance = 1e-13;
    private const double SufficientDecrease = 1e-4;
    private const int MaxHalvings = 30;

    private static readonly Scalar Forcing = 1e-4.ToScalar();
    private static readonly Scalar Floor = (Tolerance * Tolerance / 16).ToScalar();
    private static readonly Scalar Shortest = Math.Pow(0.5, MaxHalvings - 1).ToScalar();

    /// <summary>Finds the coefficients of the smallest loss.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="start">Where to begin, <c>[K, D + 1]</c>; <see langword="null"/> for zeros. Borrowed.</param>
    /// <param name="cancellationToken">Ends the work early, with an exception.</param>
    /// <returns>The coefficients <c>[K, D + 1]</c>; of the caller's dispose scope.</returns>
    public static Tensor Minimize(LogisticLoss loss, Tensor? start, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var point = zeros(loss.Shape, ScalarType.Float64);
        var first = Largest(loss, point);
        if (start is not null) point.copy_(start);
        var before = double.PositiveInfinity;
        for (var step = 0; step < MaxSteps; step++)
        {
            using var inner = NewDisposeScope();
            var logits = loss.Logits(point);
            var value = loss.Value(point, logits);
            var probabilities = loss.Probabilities(logits);
            var gradient = loss.Gradient(point, probabilities);
            var squared = loss.Dot(gradient, gradient);
            var largest = squared.max().Number();
            // At the end each step squares what is left; where one does not, rounding is all that is left.
            var isEnd = largest <= 1e-16 * first && largest > before / 16;
            if (largest <= Tolerance * Tolerance || isEnd) break;
            before = largest;
            var direction = Direction(loss, gradient, squared, probabilities, cancellationToken);
            var length = Search(loss, point, value, direction, loss.Dot(gradient, direction), cancellationToken);
            // Rounding leaves nothing to gain.
            if (length.max().Number() == 0) break;
            point.add_(direction * length, KeptScalar.One);
        }

        return point.MoveToOuterDisposeScope();
    }

    private static double Largest(LogisticLoss loss, Tensor point)
    {
        using var scope = NewDisposeScope();
        var gradient = loss.Gradient(point, loss.Probabilities(loss.Logits(point)));
        return loss.Dot(gradient, gradient).max().Number();
    }

    // Solves "Hessian times direction is minus gradient", the more exactly the nearer the minimum is; the diagonal is the preconditioner.
    private static Tensor Direction(
        LogisticLoss loss, Tensor gradient, Tensor squared, Tensor probabilities, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var bound = (squared.clamp_max(Forcing) * squared).clamp_min(Floor);
        var diagonal = loss.Diagonal(probabilities);
        // Nothing varies there, and nothing is penalized.
        var scale = where(diagonal.gt(KeptScalar.Zero), diagonal, ones_like(diagonal)).reciprocal();
        var (direction, residual) = (zeros_like(gradient), gradient.neg());
        var search = residual * scale;
        var left = loss.Dot(residual, search);
        var going = squared.gt(bound);
        for (var i = 0; i < 2 * (gradient.shape[1] + 20) && going.any().item<bool>(); i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            var curved = loss.Curvature(search, probabilities);
            var curvature = loss.Dot(search, curved);
            // Without curvature, as where a penalty of 0 leaves a direction free, a model keeps what it has.
            var moves = going.logical_and(curvature.gt(KeptScalar.Zero));
            var length = where(moves, left / curvature, zeros_like(left));
            direction.add_(search * length, KeptScalar.One);
            residual.add_((curved * length).neg(), KeptScalar.One);
            var scaled = residual * scale;
            var next = loss.Dot(residual, scaled);
            search.copy_(where(moves, scaled.Plus(search * (next / left)), search));
            left.copy_(where(moves, next, left));
            going.copy_(moves.logical_and(loss.Dot(residual, residual).gt(bound)));
        }

        return direction.MoveToOuterDisposeScope();
    }

    // The longest of the steps 1, 1/2, 1/4 ... that lowers a model's loss enough; 0 where none does.
    private static Tensor Search(
        LogisticLoss loss, Tensor point, Tensor value, Tensor direction, Tensor slope, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var length = ones_like(value);
        // Near the minimum, the loss changes by less than the rounding of its terms, which may be far larger than it is.
        var slack = value.abs().Plus(10).Times(1e-15);
        for (var i = 0; i < MaxHalvings; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var moved = point.Plus(direction * length);
            var reached = loss.Value(moved, loss.Logits(moved));
            var enough = value.Plus((slope * length).Times(SufficientDecrease)).Plus(slack);
            var low = reached.le(enough);
            if (low.all().item<bool>()) return length.MoveToOuterDisposeScope();
            length = where(low, length, length.Times(0.5));
        }

        var found = length.gt(Shortest);
        return where(found, length, zeros_like(length)).MoveToOuterDisposeScope();
    }
}
