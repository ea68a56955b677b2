using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// Linear classification of feature vectors with an L2 penalty, fitted by L-BFGS: one logistic regression per label, or one multinomial regression for exclusive
/// classes. Features are standardised by the training set's mean and deviation.
/// </summary>
internal sealed class LogisticRegression : IDisposable
{
    private readonly LabelSchema _schema;
    private readonly Tensor _mean;
    private readonly Tensor _scale;
    private readonly Parameter _weight;
    private readonly Parameter _bias;

    private LogisticRegression(LabelSchema schema, Tensor mean, Tensor scale)
    {
        _schema = schema;
        _mean = mean;
        _scale = scale;
        _weight = nn.Parameter(zeros(schema.Count, mean.shape[0]));
        _bias = nn.Parameter(zeros(schema.Count));
    }

    /// <summary>Fits a model.</summary>
    /// <param name="schema">The labels.</param>
    /// <param name="features"><c>[N, D]</c>; borrowed.</param>
    /// <param name="targets"><c>[N, K]</c>, NaN missing; borrowed.</param>
    /// <param name="penalty">Weight of half the squared norm of the coefficients, beside the mean loss.</param>
    /// <param name="cancellationToken">Ends the fit early, with an exception.</param>
    /// <returns>The model; the caller disposes it.</returns>
    public static LogisticRegression Fit(LabelSchema schema, Tensor features, Tensor targets, double penalty, CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();
        var model = new LogisticRegression(schema, features.mean([0]).DetachFromDisposeScope(), (1 / features.std(0).clamp_min(1e-6)).DetachFromDisposeScope());
        var inputs = model.Standardise(features);
        model._weight.DetachFromDisposeScope();
        model._bias.DetachFromDisposeScope();
        using var optimizer = optim.LBFGS([model._weight, model._bias], lr: 1, max_iter: 200, tolerange_grad: 1e-6, tolerance_change: 1e-9, history_size: 10);
        optimizer.step(() =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            model._weight.grad = null;
            model._bias.grad = null;
            var logits = nn.functional.linear(inputs, model._weight, model._bias);
            var loss = TaskLoss.Compute(logits, targets, schema.Task == LabelTask.MultiClass, anyMissing: true) + (0.5 * penalty * model._weight.square().sum());
            loss.backward();
            return loss.MoveToOuterDisposeScope();
        });
        return model;
    }

    /// <summary>Fits one model per penalty and keeps the one that tells the validation set's labels apart best.</summary>
    /// <param name="schema">The labels.</param>
    /// <param name="train">Features <c>[N, D]</c> and targets <c>[N, K]</c> to fit.</param>
    /// <param name="validation">Features and targets that choose the penalty.</param>
    /// <param name="cancellationToken">Ends the fit early, with an exception.</param>
    /// <returns>The model; the caller disposes it.</returns>
    public static LogisticRegression FitBest(LabelSchema schema, FeatureTable train, FeatureTable validation, CancellationToken cancellationToken = default)
    {
        LogisticRegression? best = null;
        var bestScore = double.NegativeInfinity;
        foreach (var penalty in (double[])[1e-3, 1e-2, 1e-1, 1])
        {
            var candidate = Fit(schema, train.Features, train.Targets, penalty, cancellationToken);
            var score = new Predictions(schema, validation.Targets.data<float>().ToArray(), candidate.Predict(validation.Features))
                .Evaluate("", DatasetSplit.Validation, ModelRole.Student).MeanAuroc ?? 0;
            if (score > bestScore)
            {
                best?.Dispose();
                (best, bestScore) = (candidate, score);
            }
            else
            {
                candidate.Dispose();
            }
        }

        return best!;
    }

    /// <summary>Predicts probabilities.</summary>
    /// <param name="features"><c>[N, D]</c>; borrowed.</param>
    /// <returns><c>[N, K]</c>, row by row.</returns>
    public float[] Predict(Tensor features)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var logits = nn.functional.linear(Standardise(features), _weight, _bias);
        return (_schema.Task == LabelTask.MultiClass ? logits.softmax(1) : logits.sigmoid()).data<float>().ToArray();
    }

    public void Dispose()
    {
        _mean.Dispose();
        _scale.Dispose();
        _weight.Dispose();
        _bias.Dispose();
    }

    private Tensor Standardise(Tensor features) => (features - _mean) * _scale;
}
