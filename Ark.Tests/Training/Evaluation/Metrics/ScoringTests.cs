using System.Text.Json;
using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Tests.Training;

public class ScoringTests
{
    private static readonly JsonElement Recorded = JsonDocument.Parse(
        File.ReadAllText(Fixture.PathOf("Scoring", "scoring.json"))).RootElement;

    public static TheoryData<string> Cases =>
        [.. Recorded.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_figure_equals_scikit_learn(string name)
    {
        var test = Recorded.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        var exclusive = test.TryGetProperty("accuracy", out var accuracy);
        var expected = test.GetProperty("labels").EnumerateArray().ToArray();
        string[] names = [.. expected.Select((_, k) => $"label {k}")];
        var evaluation = new Predictions(
            new LabelSchema(exclusive ? LabelTask.MultiClass : LabelTask.MultiLabel, names), Matrix(test, "y"), Matrix(test, "p"))
            .Evaluate(
                "set",
                DatasetSplit.Test,
                ModelRole.Teacher,
                scoring: new ScoringOptions { Threshold = exclusive ? 0.5 : test.GetProperty("threshold").GetDouble() },
                cancellationToken: TestContext.Current.CancellationToken);
        foreach (var (label, figures) in evaluation.Labels.Zip(expected))
        {
            void Same(string key, double? actual)
            {
                if (figures.ValueKind == JsonValueKind.Null) Assert.Null(actual);
                else Assert.Equal(figures.GetProperty(key).GetDouble(), actual!.Value, 1e-9);
            }

            Same("auroc", label.Auroc);
            Same("average_precision", label.AveragePrecision);
            Same("accuracy", label.Accuracy);
            Same("mcc", label.Mcc);
            Same("f1", label.F1);
            Same("sensitivity", label.Sensitivity);
            Same("specificity", label.Specificity);
        }

        Assert.Equal(
            expected.Where(e => e.ValueKind != JsonValueKind.Null).Average(e => e.GetProperty("average_precision").GetDouble()),
            evaluation.MeanAveragePrecision!.Value,
            1e-9);
        if (!exclusive) return;
        Assert.Null(evaluation.Threshold);
        Assert.Equal(accuracy.GetDouble(), evaluation.Accuracy!.Value, 1e-9);
        Assert.Equal(test.GetProperty("mcc").GetDouble(), evaluation.Mcc!.Value, 1e-9);
        Assert.Equal(test.GetProperty("f1").GetDouble(), evaluation.F1!.Value, 1e-9);
    }

    [Fact]
    public void A_split_where_no_label_has_both_classes_has_no_mean()
    {
        var evaluation = new Predictions(
            new LabelSchema(LabelTask.MultiLabel, ["a", "b"]), [1, float.NaN, 1, 0], [0.1f, 0.5f, 0.9f, 0.5f]).Evaluate(
            "set",
            DatasetSplit.Test,
            ModelRole.Teacher,
            scoring: new ScoringOptions { Replicates = 20 },
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Null(evaluation.MeanAuroc);
        Assert.All(evaluation.Labels, l => Assert.Null(l.Auroc));
        Assert.Empty(evaluation.Intervals);
        var json = evaluation.ToJson();
        Assert.True(json.ContainsKey("mean_auroc"));
        Assert.Null(json["mean_auroc"]);
        Assert.Null(json["labels"]![0]!["auroc"]);
    }

    [Fact]
    public void Only_the_reported_labels_count_in_the_means()
    {
        var evaluation = new Predictions(new LabelSchema(LabelTask.MultiLabel, ["a", "b"]), [1, 1, 0, 0],
        [
            0.9f, 0.1f, 0.2f, 0.8f
        ]).Evaluate("set", DatasetSplit.Test, ModelRole.Teacher, ["b"], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("b", Assert.Single(evaluation.Labels).Name);
        Assert.Equal(0, evaluation.MeanAuroc);
    }

    [Fact]
    public void Scoring_leaves_a_zero_and_a_negative_zero_tied() =>
        Assert.Equal(0.5, new Predictions(new LabelSchema(LabelTask.Binary, ["a"]), [1, 0], [0f, -0f]).Evaluate(
            "set", DatasetSplit.Test, ModelRole.Teacher, cancellationToken: TestContext.Current.CancellationToken).MeanAuroc);

    private static float[] Matrix(JsonElement test, string key) =>
        [.. test.GetProperty(key).EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(v => v.ValueKind == JsonValueKind.Null
            ? float.NaN
            : (float)v.GetDouble())];
}
