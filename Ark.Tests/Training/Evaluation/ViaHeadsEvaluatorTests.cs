using System.Text.Json.Nodes;

namespace Ark.Tests.Training;

public class ViaHeadsEvaluatorTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public async Task Labels_of_a_foreign_dataset_are_answered_by_the_heads_that_know_them_and_no_others_are_reported()
    {
        using var folder = new TemporaryFolder();
        var labels = string.Join('\n', Enumerable.Range(0, 24).Select(i => $"{i:D2}.png {i % 2} {i / 2 % 2} {i / 3 % 2}"));
        await File.WriteAllTextAsync(folder.PathOf("list.txt"), labels, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.PathOf("foreign.yaml"), $"foreign:\n  data_dir: {small.Images}\n  train_list: list.txt\n  val_list: list.txt\n  test_list: list.txt\n  diseases: [Pleural_Effusion, Hernia, oedema]\n  task_type: multi-label classification\n", TestContext.Current.CancellationToken);
        var run = await CommandLineRun.Of("evaluate", "--checkpoint", small.Checkpoint, "--config", folder.PathOf("foreign.yaml"), "--dataset", "foreign", "--via-heads", "--predictions", folder.PathOf("p.csv"), "--json", "-", "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        var json = JsonNode.Parse(run.Out)!;
        Assert.Equal(["Pleural_Effusion", "oedema"], json["labels"]!.AsArray().Select(l => (string)l!["name"]!));
        Assert.Equal(["Hernia"], json["not_reported"]!.AsArray().Select(l => (string)l!));
        Assert.Equal(["Findings/Effusion", "Triage/Pleural Effusion"], json["via_heads"]![0]!["sources"]!.AsArray().Select(s => (string)s!));
        var predicted = JsonNode.Parse((await CommandLineRun.Of("predict", "--checkpoint", small.Checkpoint, Path.Combine(small.Images, "05.png"), "--json", "-", "--quiet")).Out)![0]!["heads"]!;
        var mean = ((double)predicted[0]!["labels"]![0]!["probability"]! + (double)predicted[1]!["labels"]![2]!["probability"]!) / 2;
        var row = File.ReadAllLines(folder.PathOf("p.csv")).Single(l => l.Contains("05.png", StringComparison.Ordinal));
        Assert.Contains(row.Split(','), f => float.TryParse(f, System.Globalization.CultureInfo.InvariantCulture, out var p) && Math.Abs(p - mean) < 1e-6);
    }
}
