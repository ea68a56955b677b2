using Ark.Evaluation;

namespace Ark.Tests.Training;

public class ModelComparisonTests
{
    private static readonly LabelSchema Schema = new(LabelTask.MultiLabel, ["a", "b"]);

    [Fact]
    public void Images_and_labels_are_matched_by_name()
    {
        var first = BootstrapTests.Drawn(new RandomStream(1), 80, 2, LabelTask.MultiLabel);
        // The same model, its rows in reverse and its labels exchanged.
        float[] Exchanged(Func<int, int, float> read) =>
            [.. Enumerable.Range(0, 80).Reverse().SelectMany(i => new[] { read(i, 1), read(i, 0) })];
        var second = new Predictions(
            new LabelSchema(LabelTask.MultiLabel, ["label 1", "label 0"]),
            Exchanged(first.Target),
            Exchanged(first.Probability),
            [.. first.Names!.Reverse()]);
        var comparison = ModelComparison.Of(first, second, new ScoringOptions { Replicates = 50 }, TestContext.Current.CancellationToken);
        Assert.Equal(80, comparison.Images);
        Assert.All(comparison.Labels, l => Assert.Equal((0.0, 1.0), (l.Auroc!.Difference, l.Auroc.P)));
        Assert.Equal(new ConfidenceInterval(0, 0), comparison.MeanInterval);
    }

    [Fact]
    public void A_better_model_is_found_by_test_and_interval()
    {
        var random = new RandomStream(2);
        float[] targets = [.. Enumerable.Range(0, 200).Select(_ => random.Chance(0.5) ? 1f : 0f)];
        Predictions Model(double signal) =>
            new(
                new LabelSchema(LabelTask.Binary, ["a"]),
                targets,
                [.. targets.Select(t => (float)((signal * t) + random.Uniform(0, 1)))],
                [.. targets.Select((_, i) => $"{i}")]);
        var comparison = ModelComparison.Of(
            Model(0.8), Model(0.2), new ScoringOptions { Replicates = 300 }, TestContext.Current.CancellationToken);
        Assert.True(comparison.Labels[0].Auroc!.P < 1e-4);
        Assert.True(comparison.Labels[0].Interval!.Value.Low > 0);
        Assert.Equal(comparison.FirstMeanAuroc - comparison.SecondMeanAuroc, (double?)comparison.ToJson()["mean_difference"]);
    }

    [Theory]
    [InlineData("x,y", "x,z", "0,1", "0,1", null)]
    [InlineData("x,y", "v,z", "0,1", "0,1", "no image in common")]
    [InlineData("x,x", "x,y", "0,1", "0,1", "twice")]
    [InlineData("x,y", "x,y", "0,1", "1,1", "targets differ")]
    public void Tables_that_do_not_fit_are_refused(
        string firstNames, string secondNames, string firstTargets, string secondTargets, string? problem)
    {
        Predictions Table(string names, string targets) =>
            new(new LabelSchema(LabelTask.Binary, ["a"]), [.. targets.Split(',').Select(float.Parse)], [0.1f, 0.2f], names.Split(','));
        var (first, second) = (Table(firstNames, firstTargets), Table(secondNames, secondTargets));
        if (problem is null)
            Assert.Equal(1, ModelComparison.Of(first, second, cancellationToken: TestContext.Current.CancellationToken).Images);
        else
            Assert.Contains(problem, Assert.Throws<ArkInputException>(() => ModelComparison.Of(
                first, second, cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_without_a_common_label_are_refused()
    {
        var other = new Predictions(new LabelSchema(LabelTask.Binary, ["c"]), [1], [0.5f], ["x"]);
        Assert.Contains("no label in common", Assert.Throws<ArkInputException>(() => ModelComparison.Of(
            new Predictions(Schema, [1, 0], [0.5f, 0.5f], ["x"]),
            other,
            cancellationToken: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }
}
