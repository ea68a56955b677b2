using System.Text.Json.Nodes;

namespace Ark.Tests.Cli;

public class SimilarCommandTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public async Task Similar_finds_the_image_itself_and_then_its_nearest()
    {
        await CommandLineRun.Of(
            "embed", "--checkpoint", small.Checkpoint, "--out", small.PathOf("near.safetensors"), "--input", small.Images);
        var run = await CommandLineRun.Of(
            "similar", Path.Combine(small.Images, "07.png"), "--in", small.PathOf("near.safetensors"), "--top", "3", "--json", "-");
        Assert.True(run.ExitCode == 0, run.Error);
        var found = JsonNode.Parse(run.Out)!["neighbours"]!.AsArray();
        Assert.Equal(("07.png", 3), ((string)found[0]!["name"]!, found.Count));
        Assert.Equal(1, (double)found[0]!["similarity"]!, 1e-5);
        Assert.True((double)found[1]!["similarity"]! >= (double)found[2]!["similarity"]!);
        var byName = await CommandLineRun.Of("similar", "07.png", "--in", small.PathOf("near.safetensors"), "--top", "2", "--json", "-");
        Assert.Equal((string)found[1]!["name"]!, (string)JsonNode.Parse(byName.Out)!["neighbours"]![0]!["name"]!);
    }
}
