using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>
/// Linear classification of feature vectors with an L2 penalty, fitted by L-BFGS: one logistic regression per label, or one multinomial
/// regression for exclusive classes. Features are standardised by the training set's mean and deviation.
/// </summary>
internal sealed class LogisticRegression : IDisposable
{
    private readonly LabelSchema _schema;
    private readonly Tensor _mean;
    private readonly Tensor _scale;
    private readonly Tensor _weight;
    private readonly Tensor _bias;

    private LogisticRegression(LabelSchema schema, double penalty, Tensor mean, Tensor scale, Tensor weight, Tensor bias)
    {
        _schema = schema;
        Penalty = penalty;
        _mean = mean;
        _scale = scale;
        _weight = weight;
        _bias = bias;
    }

    /// <summary>The penalty that it was fitted with.</summary>
    public double Penalty { get; }

    /// <summary>The coefficients <c>[K, D]</c> and intercepts <c>[K]</c> on standardised features; borrowed.</summary>
    public (Tensor Weight, Tensor Bias) Standardized => (_weight, _bias);

    /// <summary>The coefficients <c>[K, D]</c> and intercepts <c>[K]</c> on features as they come; the caller owns them.</summary>
    public (Tensor Weight, Tensor Bias) Plain()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var weight = _weight * _scale;
        var bias = _bias.Plus(nn.functional.linear(_mean.unsqueeze(0), weight).squeeze(0).neg());
        return (weight.MoveToOuterDisposeScope(), bias.MoveToOuterDisposeScope());
    }

    /// <summary>Fits a model.</summary>
    /// <param name="schema">The labels.</param>
    /// <param name="features"><c>[N, D]</c>; borrowed.</param>
    /// <param name="targets"><c>[N, K]</c>, NaN missing; borrowed.</param>
    /// <param name="penalty">Weight of half the squared norm of a label's coefficients, beside its mean loss over the images where it is
    /// known.</param>
    /// <param name="standardize">Whether features are standardised first; without it they are taken as they are.</param>
    /// <param name="cancellationToken">Ends the fit early, with an exception.</param>
    /// <returns>The model; the caller disposes it.</returns>
    public static LogisticRegression Fit(
        LabelSchema schema, Tensor features, Tensor targets, double penalty, bool standardize = true,
        CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();
        var (mean, scale) = standardize ? Standardization(features) : (zeros(features.shape[1]), ones(features.shape[1]));
        var inputs = (features.Plus(mean.neg()) * scale).to(ScalarType.Float64);
        var truth = targets.to(ScalarType.Float64);
        var present = truth.isnan().logical_not().to(ScalarType.Float64);
        var shares = schema.Task == LabelTask.MultiClass ? null : present / present.sum([0]).clamp_min(KeptScalar.One);
        var (labels, width) = (schema.Count, (int)features.shape[1]);
        var coefficients = new double[labels * (width + 1)];
        Lbfgs.Minimise((point, gradient) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Evaluate(schema, inputs, truth, shares, penalty, point, gradient);
        }, coefficients, iterations: 200, tolerance: 1e-6);
        var fitted = tensor(coefficients, [labels, width + 1]).to(ScalarType.Float32);
        return new LogisticRegression(schema, penalty, mean.DetachFromDisposeScope(), scale.DetachFromDisposeScope(),
            fitted.narrow(1, 0, width).contiguous().DetachFromDisposeScope(),
            fitted.select(1, width).contiguous().DetachFromDisposeScope());
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
        var deviation = features.shape[0] > 1 ? features.std(0) : zeros_like(mean);
        return (mean, where(deviation.gt(mean.abs().Times(1e-6)), deviation.reciprocal(), zeros_like(deviation)));
    }

    /// <summary>
    /// Fits one model per penalty and keeps the one that tells the validation set's labels apart best; of several that do so equally well,
    /// or where no label has both values there, the one with the largest penalty. Validation targets between 0 and 1 count as missing.
    /// </summary>
    /// <param name="schema">The labels.</param>
    /// <param name="train">Features <c>[N, D]</c> and targets <c>[N, K]</c> to fit.</param>
    /// <param name="validation">Features and targets that choose the penalty.</param>
    /// <param name="penalties">The penalties to choose from; <see langword="null"/> for four from 0.001 to 1.</param>
    /// <param name="standardize">Whether features are standardised first.</param>
    /// <param name="cancellationToken">Ends the fit early, with an exception.</param>
    /// <returns>The model; the caller disposes it.</returns>
    public static LogisticRegression FitBest(
        LabelSchema schema, FeatureTable train, FeatureTable validation, IReadOnlyList<double>? penalties = null, bool standardize = true,
        CancellationToken cancellationToken = default)
    {
        using var fits = new Unfinished();
        LogisticRegression? best = null;
        var bestScore = double.NegativeInfinity;
        var truth = Array.ConvertAll(validation.Targets.data<float>().ToArray(), t => t is 0 or 1 ? t : float.NaN);
        foreach (var penalty in (penalties ?? [1e-3, 1e-2, 1e-1, 1]).OrderDescending())
        {
            var candidate = fits.Keep(Fit(schema, train.Features, train.Targets, penalty, standardize, cancellationToken));
            var score = new Predictions(schema, truth, candidate.Predict(validation.Features))
                .Evaluate("", DatasetSplit.Validation, ModelRole.Student, cancellationToken: cancellationToken).MeanAuroc ?? 0;
            if (score > bestScore) (best, bestScore) = (candidate, score);
        }

        return fits.Release(best!);
    }

    /// <summary>Predicts probabilities.</summary>
    /// <param name="features"><c>[N, D]</c>; borrowed.</param>
    /// <returns><c>[N, K]</c>, row by row.</returns>
    public float[] Predict(Tensor features)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var logits = nn.functional.linear(Standardize(features), _weight, _bias);
        return HeadActivation.Of(_schema).OfImages(logits.contiguous().data<float>().ToArray());
    }

    public void Dispose()
    {
        _mean.Dispose();
        _scale.Dispose();
        _weight.Dispose();
        _bias.Dispose();
    }

    // Each row of the point holds a label's coefficients and, last, its bias, which has no penalty.
    private static double Evaluate(
        LabelSchema schema, Tensor inputs, Tensor targets, Tensor? shares, double penalty, double[] point, double[] gradient)
    {
        using var scope = NewDisposeScope();
        var width = inputs.shape[1];
        var rows = tensor(point, [schema.Count, width + 1], requires_grad: true);
        var weight = rows.narrow(1, 0, width);
        var logits = nn.functional.linear(inputs, weight, rows.select(1, width));
        // Labels that do not exclude each other are models of their own: each has the mean over its own images, so that neither the number
        // of labels nor what others lack changes it.
        var fit = shares is null
            ? TaskLoss.Compute(logits, targets, exclusive: true, anyMissing: true)
            : nn.functional.binary_cross_entropy_with_logits(logits, targets.nan_to_num(0), shares, nn.Reduction.Sum);
        var loss = fit.Plus(weight.mul(weight).sum().Times(0.5 * penalty));
        loss.backward();
        rows.grad!.data<double>().CopyTo(gradient);
        return loss.Number();
    }

    private Tensor Standardize(Tensor features) => features.Plus(_mean.neg()) * _scale;
}
