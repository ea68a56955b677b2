using System.Text.Json.Nodes;

namespace Ark.Tests.Cli;

public class PredictCommandTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public async Task Predict_writes_the_contract_and_answers_for_findings_by_any_name()
    {
        var run = await CommandLineRun.Of(
            "predict", "--checkpoint", small.Checkpoint, Path.Combine(small.Images, "02.png"), Path.Combine(small.Images, "09.png"),
            "--finding", "pleural effusion", "--combine", "max", "--json", "-", "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        var first = JsonNode.Parse(run.Out)!.AsArray()[0]!;
        Assert.EndsWith("02.png", (string)first["image"]!, StringComparison.Ordinal);
        var heads = first["heads"]!.AsArray();
        Assert.Equal(["Findings", "Triage", "View"], heads.Select(h => (string)h!["name"]!));
        double Probability(int head, int label) => (double)heads[head]!["labels"]![label]!["probability"]!;
        Assert.Equal(1, Probability(1, 0) + Probability(1, 1) + Probability(1, 2), 1e-9);
        Assert.Equal(Math.Max(Probability(0, 0), Probability(1, 2)), (double)first["findings"]![0]!["probability"]!, 1e-12);
        (await CommandLineRun.Of(
            "predict", "--checkpoint", small.Checkpoint, Path.Combine(small.Images, "02.png"), "--finding",
            "Fracture")).AssertRefused("Fracture", "no head");
        (await CommandLineRun.Of(
            "predict", "--checkpoint", small.Checkpoint, Path.Combine(small.Images, "02.png"), "--head",
            "Finding")).AssertRefused("Did you mean 'Findings'");
        (await CommandLineRun.Of("predict", "--checkpoint", small.Checkpoint, small.PathOf("none.png"))).AssertRefused(
            "none.png", "does not exist");
    }
}
