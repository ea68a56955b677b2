using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Evaluation;

/// <summary>
/// Linear classification of feature vectors with an L2 penalty, fitted by Newton's method: one logistic regression per label, or one
/// multinomial regression for exclusive classes. Features are standardised by the training set's mean and deviation, as scikit-learn's
/// <c>StandardScaler</c> does.
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

    /// <summary>The coefficients <c>[K, D]</c> and intercepts <c>[K]</c> on standardised features, in double precision; borrowed.</summary>
    public (Tensor Weight, Tensor Bias) Standardized => (_weight, _bias);

    /// <summary>
    /// The coefficients <c>[K, D]</c> and intercepts <c>[K]</c> on features as they come, in single precision; the caller owns them.
    /// </summary>
    public (Tensor Weight, Tensor Bias) Plain()
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        var weight = _weight * _scale;
        var bias = _bias.Plus(nn.functional.linear(_mean.unsqueeze(0), weight).squeeze(0).neg());
        return (weight.to(ScalarType.Float32).MoveToOuterDisposeScope(), bias.to(ScalarType.Float32).MoveToOuterDisposeScope());
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
        return Fit(schema, FeatureAxes.Of(features, standardize), targets, penalty, start: null, cancellationToken).Model;
    }

    private static (LogisticRegression Model, Tensor Fitted) Fit(
        LabelSchema schema, FeatureAxes axes, Tensor targets, double penalty, Tensor? start, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var loss = new LogisticLoss(axes.Rows, targets.to(ScalarType.Float64), schema.Task == LabelTask.MultiClass, penalty);
        var fitted = NewtonMethod.Minimize(loss, start, cancellationToken);
        var count = axes.Rows.shape[1];
        var weight = nn.functional.linear(fitted.narrow(1, 0, count), axes.Axes.t()) * axes.Scale.gt(KeptScalar.Zero);
        var model = new LogisticRegression(
            schema, penalty, axes.Mean.clone().DetachFromDisposeScope(), axes.Scale.clone().DetachFromDisposeScope(),
            weight.DetachFromDisposeScope(), fitted.select(1, count).contiguous().DetachFromDisposeScope());
        return (model, fitted.MoveToOuterDisposeScope());
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
        using var scope = NewDisposeScope();
        using var fits = new Unfinished();
        LogisticRegression? best = null;
        var bestScore = double.NegativeInfinity;
        var truth = Array.ConvertAll(validation.Targets.data<float>().ToArray(), t => t is 0 or 1 ? t : float.NaN);
        var axes = FeatureAxes.Of(train.Features, standardize);
        Tensor? start = null;
        foreach (var penalty in (penalties ?? [1e-3, 1e-2, 1e-1, 1]).OrderDescending())
        {
            // From one penalty to the next, coefficients do not go far.
            var (candidate, fitted) = Fit(schema, axes, train.Targets, penalty, start, cancellationToken);
            fits.Keep(candidate);
            start = fitted;
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
        return HeadActivation.Of(_schema).OfImages(logits.to(ScalarType.Float32).contiguous().data<float>().ToArray());
    }

    public void Dispose()
    {
        _mean.Dispose();
        _scale.Dispose();
        _weight.Dispose();
        _bias.Dispose();
    }

    private Tensor Standardize(Tensor features) => features.Plus(_mean.neg()) * _scale;
}
