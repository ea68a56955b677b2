using System.Text.Json;
using Ark.Evaluation;
using static TorchSharp.torch;

namespace Ark.Tests.Training;

/// <summary>Linear models of features that are not well-behaved.</summary>
public class LogisticRegressionTests
{
    private static readonly LabelSchema One = new(LabelTask.Binary, ["x"]);

    [Fact]
    public void Feature_that_does_not_vary_in_training_has_no_say_where_it_varies_later()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var features = cat([randn([300, 4], generator: generator), full([300, 3], -2.1179f)], 1);
        var targets = features.narrow(1, 0, 1).gt(0).to(ScalarType.Float32);
        using var model = LogisticRegression.Fit(One, features, targets, 1e-5, cancellationToken: TestContext.Current.CancellationToken);
        var marked = features.clone();
        marked.narrow(1, 4, 3).fill_(2.6f);
        Assert.Equal(model.Predict(features), model.Predict(marked));
        var (weight, _) = model.Plain();
        Assert.All(weight.narrow(1, 4, 3).data<float>().ToArray(), w => Assert.Equal(0, w));
    }

    [Fact]
    public void Single_row_gives_finite_probabilities()
    {
        using var scope = NewDisposeScope();
        using var model = LogisticRegression.Fit(
            One, ones(1, 5), ones(1, 1), 0.1, cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(model.Predict(randn(8, 5)), p => Assert.InRange(p, 0, 1));
    }

    [Fact]
    public void Label_is_fitted_alike_alone_and_among_others_that_are_often_missing()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(2);
        var features = randn([200, 6], generator: generator);
        var noise = randn([200, 3], generator: generator);
        var targets = (features.narrow(1, 0, 3) + noise).gt(0).to(ScalarType.Float32);
        // The second label is known in the first 40 rows alone.
        targets.narrow(1, 1, 1).narrow(0, 40, 160).fill_(float.NaN);
        using var joint = LogisticRegression.Fit(
            new LabelSchema(LabelTask.MultiLabel, ["a", "b", "c"]), features, targets, 0.01, standardize: false,
            TestContext.Current.CancellationToken);
        for (var k = 0; k < 3; k++)
        {
            var known = k == 1 ? 40 : 200;
            using var alone = LogisticRegression.Fit(
                One, features.narrow(0, 0, known), targets.narrow(1, k, 1).narrow(0, 0, known).contiguous(), 0.01, standardize: false,
                TestContext.Current.CancellationToken);
            Assert.All(
                joint.Standardized.Weight[k].data<double>().ToArray().Zip(alone.Standardized.Weight[0].data<double>().ToArray()),
                p => Assert.Equal(p.Second, p.First, 1e-9));
        }
    }

    [Fact]
    public void Largest_penalty_is_taken_where_validation_cannot_tell()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var train = new FeatureTable(
            randn([40, 3], generator: generator), tensor(Enumerable.Range(0, 40).Select(i => (float)(i % 2)).ToArray(), [40, 1]));
        var validation = new FeatureTable(randn([10, 3], generator: generator), zeros(10, 1));
        using var model = LogisticRegression.FitBest(
            One, train, validation, [1e-3, 1, 1e-1], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(1, model.Penalty);
    }

    [Fact]
    public void Fit_tells_apart_what_a_line_can_and_leaves_missing_targets_out()
    {
        using var scope = NewDisposeScope();
        var random = new RandomStream(4);
        var features = tensor(Enumerable.Range(0, 400 * 3).Select(_ => (float)random.Normal(5, 3)).ToArray(), [400, 3]);
        var targets = (features.select(1, 1) > 5).to(ScalarType.Float32).unsqueeze(1);
        targets[..50] = tensor(float.NaN);
        using var model = LogisticRegression.Fit(
            new LabelSchema(LabelTask.Binary, ["A"]), features, targets, 1e-3, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(Auroc.Compute(targets.data<float>().ToArray(), model.Predict(features)) > 0.999);
    }

    [Fact]
    public void Fit_ends_with_an_exception_when_it_is_cancelled()
    {
        using var scope = NewDisposeScope();
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => LogisticRegression.Fit(
            new LabelSchema(LabelTask.Binary, ["A"]), rand(8, 2), ones(8, 1), 1e-3, cancellationToken: stop.Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Coefficients_are_those_of_scikit_learn(int table)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf("probe", "scikit_learn.json")));
        var root = json.RootElement.GetProperty("tables")[table];
        var width = root.GetProperty("width").GetInt32();
        var features = Numbers(root.GetProperty("features"));
        var count = features.Length / width;
        using var scope = NewDisposeScope();
        var inputs = tensor(features.Select(f => (float)f).ToArray(), [count, width]);
        var binary = tensor(Numbers(root.GetProperty("binary")).Select(f => (float)f).ToArray(), [count, 1]);
        var oneHot = new float[count * 3];
        var classes = Numbers(root.GetProperty("classes"));
        for (var i = 0; i < count; i++) oneHot[(3 * i) + (int)classes[i]] = 1;
        var cancellation = TestContext.Current.CancellationToken;
        foreach (var expected in root.GetProperty("cases").EnumerateArray())
        {
            var penalty = expected.GetProperty("penalty").GetDouble();
            using var one = LogisticRegression.Fit(
                new LabelSchema(LabelTask.Binary, ["x"]), inputs, binary, penalty, cancellationToken: cancellation);
            AssertClose(expected.GetProperty("binary_coef"), one.Standardized.Weight);
            AssertClose(expected.GetProperty("binary_intercept"), one.Standardized.Bias);
            using var three = LogisticRegression.Fit(
                new LabelSchema(LabelTask.MultiClass, ["a", "b", "c"]), inputs, tensor(oneHot, [count, 3]), penalty,
                cancellationToken: cancellation);
            AssertClose(expected.GetProperty("classes_coef"), three.Standardized.Weight);
            AssertClose(expected.GetProperty("classes_intercept"), three.Standardized.Bias - three.Standardized.Bias.mean());
            var (weight, bias) = one.Plain();
            var logits = nn.functional.linear(inputs, weight, bias);
            Assert.All(logits.sigmoid().data<float>().ToArray().Zip(one.Predict(inputs)), p => Assert.Equal(p.Second, p.First, 1e-5f));
        }
    }

    [Theory]
    [InlineData(LabelTask.MultiLabel, 16, 192)]
    [InlineData(LabelTask.MultiClass, 16, 192)]
    [InlineData(LabelTask.MultiLabel, 120, 40)]
    [InlineData(LabelTask.MultiClass, 120, 40)]
    public void Coefficients_are_at_the_optimum_whatever_the_penalty(LabelTask task, int count, int width)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(7);
        // Features that hang together, of unequal sizes and far from zero, as embeddings are.
        var features = randn([count, 8], generator: generator).matmul(randn([8, width], generator: generator))
            .Plus(randn([count, width], generator: generator).Times(0.1)) * rand([width], generator: generator).Plus(ones(width));
        features = features.Plus(full([width], 3f));
        var exclusive = task == LabelTask.MultiClass;
        var targets = exclusive
            ? nn.functional.one_hot(randint(0, 3, [count], generator: generator), 3).to(ScalarType.Float32)
            : randn([count, 3], generator: generator).gt(0).to(ScalarType.Float32);
        if (!exclusive) targets[2, 1] = tensor(float.NaN);
        foreach (var penalty in (double[])[1e-5, 1e-3, 1e-1, 10])
        {
            using var model = LogisticRegression.Fit(new LabelSchema(task, ["a", "b", "c"]), features, targets, penalty,
                cancellationToken: TestContext.Current.CancellationToken);
            var exact = features.to(ScalarType.Float64);
            var weight = model.Standardized.Weight.clone().requires_grad_();
            var bias = model.Standardized.Bias.clone().requires_grad_();
            var logits = nn.functional.linear(
                (exact - exact.mean([0])) / exact.std(0, unbiased: false), weight, bias);
            var truth = targets.to(ScalarType.Float64);
            var known = truth.isnan().logical_not().to(ScalarType.Float64);
            var loss = exclusive
                ? nn.functional.cross_entropy(logits, truth)
                : nn.functional.binary_cross_entropy_with_logits(logits, truth.nan_to_num(0), known / known.sum([0]), nn.Reduction.Sum);
            (loss + (weight.square().sum() * (0.5 * penalty))).backward();
            // A coefficient is as far from the optimum as the gradient divided by the penalty, at most.
            Assert.InRange(weight.grad!.abs().max().item<double>(), 0, 1e-5 * penalty);
            Assert.InRange(bias.grad!.abs().max().item<double>(), 0, 1e-10);
        }
    }

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(v => v.GetDouble())];

    private static void AssertClose(JsonElement expected, Tensor actual) =>
        Assert.All(
            Numbers(expected).Zip(actual.data<double>().ToArray()),
            p => Assert.Equal(p.First, p.Second, 1e-4 * Math.Max(1, Math.Abs(p.First))));
}
