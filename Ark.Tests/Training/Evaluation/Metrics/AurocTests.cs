using System.Text.Json;
using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Tests.Training;

public class AurocTests
{
    [Fact]
    public void Evaluation_equals_scikit_learn_on_every_recorded_case()
    {
        var compared = 0;
        foreach (var test in JsonDocument.Parse(File.ReadAllText(Fixture.PathOf("08_metrics", "metrics.json"))).RootElement
            .GetProperty("cases")
            .EnumerateArray())
        {
            if (!test.TryGetProperty("auroc_Ark", out var expected) || expected.ValueKind != JsonValueKind.Array) continue;
            var (classes, images) = (test.GetProperty("classes").GetInt32(), test.GetProperty("n").GetInt32());
            float[] Matrix(string key) =>
                [.. test.GetProperty(key).EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(v => (float)v.GetDouble())];
            var exclusive = test.TryGetProperty("accuracy", out var accuracy);
            string[] names = [.. Enumerable.Range(0, classes).Select(i => $"class {i}")];
            var evaluation = new Predictions(
                new LabelSchema(exclusive ? LabelTask.MultiClass : LabelTask.MultiLabel, names), Matrix("y"), Matrix("p"))
                .Evaluate("set", DatasetSplit.Test, ModelRole.Teacher, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(images, evaluation.Images);
            Assert.All(
                expected.EnumerateArray().Zip(evaluation.Labels), p => Assert.Equal(p.First.GetDouble(), p.Second.Auroc!.Value, 1e-9));
            Assert.Equal(test.GetProperty("mean_auc_Ark").GetDouble(), evaluation.MeanAuroc!.Value, 1e-9);
            if (exclusive) Assert.Equal(accuracy.GetDouble(), evaluation.Accuracy!.Value, 1e-9);
            compared++;
        }

        Assert.True(compared >= 12, $"only {compared} cases were compared");
    }

    [Fact]
    public void Compute_is_undefined_when_one_class_is_absent()
    {
        Assert.Null(Auroc.Compute([1, 1], [0.2f, 0.4f]));
        Assert.Null(Auroc.Compute([0, 0], [0.2f, 0.4f]));
        Assert.Null(Auroc.Compute([], []));
    }

    [Fact]
    public void Compute_leaves_missing_targets_out() => Assert.Equal(1.0, Auroc.Compute([1, float.NaN, 0], [0.9f, 0.1f, 0.2f]));

    [Theory]
    [InlineData(0.3f, 0.5f)]
    [InlineData(1f, float.NaN)]
    [InlineData(1f, float.PositiveInfinity)]
    public void Compute_refuses_soft_targets_and_scores_that_are_not_finite(float target, float score) =>
        Assert.Throws<ArgumentException>(() => Auroc.Compute([target, 0], [score, 0.1f]));

    [FsCheck.Xunit.Property]
    public bool Compute_does_not_depend_on_order_and_mirrors_when_scores_are_negated(
        FsCheck.NonEmptyArray<(bool Positive, sbyte Score)> samples)
    {
        float[] targets = [.. samples.Get.Select(s => s.Positive ? 1f : 0f)];
        float[] scores = [.. samples.Get.Select(s => (float)s.Score)];
        var area = Auroc.Compute(targets, scores);
        var reversed = Auroc.Compute([.. targets.Reverse()], [.. scores.Reverse()]);
        var negated = Auroc.Compute(targets, [.. scores.Select(s => -s)]);
        return area == reversed && (area is null ? negated is null : Math.Abs(area.Value + negated!.Value - 1) < 1e-12);
    }
}
