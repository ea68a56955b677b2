using System.Text.Json;
using Ark.Evaluation;
using Ark.Inference;

namespace Ark.Tests.Training;

public class BootstrapTests
{
    [Fact]
    public void Interval_equals_numpys_percentiles()
    {
        var recorded = JsonDocument.Parse(File.ReadAllText(Fixture.PathOf("Scoring", "scoring.json"))).RootElement.GetProperty("quantiles");
        double[][] replicates = [.. recorded.GetProperty("values").EnumerateArray().Select(v => new[] { v.GetDouble() })];
        var interval = Bootstrap.Interval(replicates, 0)!.Value;
        Assert.Equal(recorded.GetProperty("interval")[0].GetDouble(), interval.Low, 1e-12);
        Assert.Equal(recorded.GetProperty("interval")[1].GetDouble(), interval.High, 1e-12);
    }

    [Fact]
    public void Weighted_figures_equal_those_of_images_written_out_as_often_as_they_were_drawn()
    {
        var random = new RandomStream(3);
        var predictions = Drawn(random, 50, 3, LabelTask.MultiClass);
        int[] weights = [.. Enumerable.Range(0, 50).Select(_ => random.NextInt32(4))];
        var written = predictions.Pick([.. Enumerable.Range(0, 50).SelectMany(i => Enumerable.Repeat(i, weights[i]))]);
        Assert.Equal(Figures(written, []), Figures(predictions, weights));
    }

    [Fact]
    public void Draws_take_all_images_of_a_patient_together()
    {
        string?[] patients = ["a", "b", "a", null, "b", null];
        var bootstrap = new Bootstrap(6, patients);
        Assert.True(bootstrap.ByPatient);
        Assert.Equal(4, bootstrap.Units);
        var seen = bootstrap.Run(200, 1, 6, (weights, into) =>
        {
            for (var i = 0; i < 6; i++) into[i] = weights[i];
        }, TestContext.Current.CancellationToken);
        Assert.All(seen, w => Assert.Equal((w[0], w[1]), (w[2], w[4])));
        Assert.All(seen, w => Assert.Equal(4, w[0] + w[1] + w[3] + w[5]));
        Assert.Contains(seen, w => w[3] != w[5]);
        // Each unit is drawn once on average: 200 draws have a deviation of 0.06.
        Assert.InRange(seen.Average(w => w[0]), 0.75, 1.25);
    }

    [Fact]
    public void Intervals_are_the_same_for_a_seed_and_hold_the_figure()
    {
        var predictions = Drawn(new RandomStream(5), 300, 2, LabelTask.MultiLabel);
        DatasetEvaluation Scored(ulong seed) =>
            predictions.Evaluate(
                "set",
                DatasetSplit.Test,
                ModelRole.Teacher,
                scoring: new ScoringOptions { Replicates = 300, Seed = seed },
                cancellationToken: TestContext.Current.CancellationToken);
        var (one, same, other) = (Scored(1), Scored(1), Scored(2));
        Assert.Equal(one.ToJson().ToJsonString(), same.ToJson().ToJsonString());
        Assert.NotEqual(one.Intervals["mean_auroc"], other.Intervals["mean_auroc"]);
        foreach (var label in one.Labels)
        {
            Assert.Equal(LabelFigures.Names.Order(StringComparer.Ordinal), label.Intervals.Keys.Order(StringComparer.Ordinal));
            Assert.InRange(label.Auroc!.Value, label.Intervals["auroc"].Low, label.Intervals["auroc"].High);
        }

        Assert.Equal((300, "image", 300), (
            (int)one.ToJson()["resampling"]!["replicates"]!,
            (string)one.ToJson()["resampling"]!["unit"]!,
            (int)one.ToJson()["resampling"]!["units"]!));
    }

    [Fact]
    public void Interval_of_an_area_agrees_with_the_normal_one_of_its_variance()
    {
        // 400 images: the bootstrap's width and that of Hanley and McNeil's formula differ by little.
        var predictions = Drawn(new RandomStream(8), 400, 1, LabelTask.Binary);
        var label = predictions.Evaluate(
            "set",
            DatasetSplit.Test,
            ModelRole.Teacher,
            scoring: new ScoringOptions { Replicates = 1000 },
            cancellationToken: TestContext.Current.CancellationToken).Labels[0];
        var (a, m, n) = (label.Auroc!.Value, label.Positives, label.Negatives);
        var variance = ((a * (1 - a)) + ((m - 1) * ((a / (2 - a)) - (a * a))) + ((n - 1) * ((2 * a * a / (1 + a)) - (a * a)))) / (m * n);
        Assert.InRange((label.Intervals["auroc"].High - label.Intervals["auroc"].Low) / (2 * 1.96 * Math.Sqrt(variance)), 0.8, 1.25);
    }

    [Fact]
    public void A_figure_that_most_replicates_lack_has_no_interval()
    {
        double[][] replicates = [.. Enumerable.Range(0, 100).Select(i => new[] { i < 60 ? double.NaN : 1.0 })];
        Assert.Null(Bootstrap.Interval(replicates, 0));
    }

    private static double[] Figures(Predictions predictions, int[] weights)
    {
        var card = new Scorecard(predictions, [.. Enumerable.Range(0, predictions.Count)], [0, 1, 2], 0.5);
        var figures = new double[card.Count];
        card.Compute(weights, figures);
        return figures;
    }

    internal static Predictions Drawn(RandomStream random, int images, int labels, LabelTask task, IReadOnlyList<string?>? patients = null)
    {
        var (targets, probabilities) = (new float[images * labels], new float[images * labels]);
        for (var i = 0; i < images; i++)
        {
            var truth = random.NextInt32(labels);
            for (var k = 0; k < labels; k++)
            {
                var at = (i * labels) + k;
                targets[at] = task == LabelTask.MultiClass ? truth == k ? 1 : 0 : random.Chance(0.4) ? 1 : 0;
                // Two digits: ties are frequent.
                probabilities[at] = MathF.Round((float)Math.Clamp((0.25 * targets[at]) + random.Uniform(0, 0.75), 0, 1), 2);
            }
        }

        return new Predictions(
            new LabelSchema(task, [.. Enumerable.Range(0, labels).Select(k => $"label {k}")]),
            targets,
            probabilities,
            [.. Enumerable.Range(0, images).Select(i => $"{i}.png")],
            patients);
    }
}
