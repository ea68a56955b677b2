using Ark.Evaluation;
using static TorchSharp.torch;

namespace Ark.Tests.Training;

public class LogisticRegressionTests
{
    [Fact]
    public void Minimise_finds_the_minimum_of_a_narrow_valley()
    {
        double[] point = [-1.2, 1];
        Lbfgs.Minimise(
            (x, gradient) =>
            {
                var (a, b) = (x[1] - (x[0] * x[0]), 1 - x[0]);
                gradient[0] = (-400 * x[0] * a) - (2 * b);
                gradient[1] = 200 * a;
                return (100 * a * a) + (b * b);
            },
            point,
            iterations: 200,
            tolerance: 1e-9);
        Assert.All(point, x => Assert.Equal(1, x, 1e-6));
    }

    [Fact]
    public void Fit_tells_apart_what_a_line_can_and_leaves_missing_targets_out()
    {
        using var scope = NewDisposeScope();
        var random = new RandomStream(4);
        var features = tensor(Enumerable.Range(0, 400 * 3).Select(_ => (float)random.Normal(5, 3)).ToArray(), [400, 3]);
        var targets = (features.select(1, 1) > 5).to(ScalarType.Float32).unsqueeze(1);
        targets[..50] = tensor(float.NaN);
        using var model = LogisticRegression.Fit(new LabelSchema(LabelTask.Binary, ["A"]), features, targets, 1e-3, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(Auroc.Compute(targets.data<float>().ToArray(), model.Predict(features)) > 0.999);
    }

    [Fact]
    public void Fit_ends_with_an_exception_when_it_is_cancelled()
    {
        using var scope = NewDisposeScope();
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => LogisticRegression.Fit(new LabelSchema(LabelTask.Binary, ["A"]), rand(8, 2), ones(8, 1), 1e-3, cancellationToken: stop.Token));
    }
}
