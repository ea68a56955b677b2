using System.Text.Json.Nodes;
using Ark.Data;
using Ark.Evaluation;
using Ark.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace Ark.Tests.Training;

public class HeadsReaderTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Theory]
    [InlineData(HeadCombination.Mean)]
    [InlineData(HeadCombination.Max)]
    public async Task EvaluateAsync_answers_a_foreign_dataset_from_the_heads_that_know_its_findings(HeadCombination combination)
    {
        using var folder = new TemporaryFolder();
        folder.Write("list.txt", string.Join('\n', Enumerable.Range(0, 24).Select(i => $"{i:D2}.png {i % 2} {i / 2 % 2} {i / 3 % 2}")));
        folder.Write(
            "groups.csv",
            "image,site\n" + string.Join('\n', Enumerable.Range(0, 24).Select(i => $"{i:D2}.png,{(i < 12 ? "one" : "two")}")));
        var catalogue = folder.Write("foreign.yaml", $"foreign:\n  data_dir: {small.Images}\n  train_list: list.txt\n  val_list: "
            + $"list.txt\n  test_list: list.txt\n  diseases: [Pleural_Effusion, Hernia, oedema]\n  task_type: multi-label "
            + $"classification\n");
        await using var host = small.Host();
        var dataset = host.GetRequiredService<ArkDatasets>().Create(DatasetCatalogue.Load(catalogue).Get("foreign"));
        var model = host.GetRequiredKeyedService<LoadedModel>("small");
        var options = new EvaluationOptions
        {
            AcrossHeads = combination,
            Groups = [new GroupColumn("site") { Metadata = folder.PathOf("groups.csv") }],
        };
        var evaluation = await host
            .GetRequiredService<IArkEvaluator>()
            .EvaluateAsync(model, dataset, options, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["Pleural_Effusion", "oedema"], evaluation.Labels.Select(l => l.Name));
        Assert.Equal((combination, "Hernia"), (evaluation.Combination, Assert.Single(evaluation.NotReported)));
        Assert.Equal(["Findings/Effusion", "Triage/Pleural Effusion"], evaluation.Sources["Pleural_Effusion"]);
        Assert.Equal(["Findings/Edema"], evaluation.Sources["oedema"]);
        Assert.Equal(["one", "two"], Assert.Single(evaluation.Groups).Groups.Select(g => g.Value));
        var classifier = host.GetRequiredService<IArkClassifier>();
        var one = await classifier.ClassifyAsync(
            new ImageFile(Path.Combine(small.Images, "05.png")), TestContext.Current.CancellationToken);
        var row = Enumerable.Range(0, evaluation.Images).Single(i => evaluation.Predictions!.NameOf(i) == "05.png");
        Assert.Equal(one.Finding("Effusion", combination)!.Probability, evaluation.Predictions!.Probability(row, 0), 1e-6);

        var unknown = new EvaluationOptions { AcrossHeads = combination, Labels = ["Hernia"] };
        var error = await Assert.ThrowsAsync<ArkInputException>(() => host
            .GetRequiredService<IArkEvaluator>()
            .EvaluateAsync(model, dataset, unknown, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("'Hernia'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_of_a_foreign_dataset_are_answered_by_the_heads_that_know_them_and_no_others_are_reported()
    {
        using var folder = new TemporaryFolder();
        var labels = string.Join('\n', Enumerable.Range(0, 24).Select(i => $"{i:D2}.png {i % 2} {i / 2 % 2} {i / 3 % 2}"));
        await File.WriteAllTextAsync(folder.PathOf("list.txt"), labels, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.PathOf("foreign.yaml"), $"foreign:\n  data_dir: {small.Images}\n  train_list: list.txt\n  "
            + $"val_list: list.txt\n  test_list: list.txt\n  diseases: [Pleural_Effusion, Hernia, oedema]\n  task_type: multi-label "
            + $"classification\n", TestContext.Current.CancellationToken);
        var run = await CommandLineRun.Of(
            "evaluate", "--checkpoint", small.Checkpoint, "--config", folder.PathOf("foreign.yaml"), "--dataset", "foreign", "--via-heads",
            "--predictions", folder.PathOf("p.csv"), "--json", "-", "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        var json = JsonNode.Parse(run.Out)!;
        Assert.Equal(["Pleural_Effusion", "oedema"], json["labels"]!.AsArray().Select(l => (string)l!["name"]!));
        Assert.Equal(["Hernia"], json["not_reported"]!.AsArray().Select(l => (string)l!));
        Assert.Equal(
            ["Findings/Effusion", "Triage/Pleural Effusion"], json["via_heads"]![0]!["sources"]!.AsArray().Select(s => (string)s!));
        var predicted = JsonNode.Parse((await CommandLineRun.Of(
            "predict", "--checkpoint", small.Checkpoint, Path.Combine(small.Images, "05.png"), "--json", "-",
            "--quiet")).Out)![0]!["heads"]!;
        var mean = ((double)predicted[0]!["labels"]![0]!["probability"]! + (double)predicted[1]!["labels"]![2]!["probability"]!) / 2;
        var row = File.ReadAllLines(folder.PathOf("p.csv")).Single(l => l.Contains("05.png", StringComparison.Ordinal));
        Assert.Contains(
            row.Split(','),
            f => float.TryParse(f, System.Globalization.CultureInfo.InvariantCulture, out var p) && Math.Abs(p - mean) < 1e-6);
    }
}
