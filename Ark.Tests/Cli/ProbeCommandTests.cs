using System.Text.Json.Nodes;

namespace Ark.Tests.Cli;

public class ProbeCommandTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public async Task Features_that_know_the_answer_beat_pixels_and_untrained_features_and_the_curve_rises()
    {
        using var folder = new TemporaryFolder();
        var catalogue = small.Catalogue(folder);
        // Another model's embeddings, by file name, in another order and without one image.
        var names = Enumerable.Range(0, 24).Reverse().Where(i => i != 3).ToArray();
        await File.WriteAllLinesAsync(folder.PathOf("other.csv"),
        [
            "f0,filename,f1",
            .. names.Select(i => FormattableString.Invariant($"{(i % 2) + (0.3 * Math.Sin(i))},{i:D2}.png,{Math.Cos(7 * i)}"))
        ], TestContext.Current.CancellationToken);
        var run = await CommandLineRun.Of("probe", "--config", catalogue, "--dataset", "noise", "--embeddings", folder.PathOf(
            "other.csv"), "--compare", "pixels", "--compare", small.Checkpoint, "--shots", "1,4,64",
            "--repeats", "3", "--intervals", "200", "--out", folder.PathOf("probe"), "--json", "-");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("1 image(s) are left out", run.Error, StringComparison.Ordinal);
        var probes = JsonNode.Parse(run.Out)!["probes"]!.AsArray();
        Assert.Equal(["other.csv", "pixels", "model.safetensors pooled"], probes.Select(p => (string)p!["features"]!));
        Assert.Equal([2, 1024, 192], probes.Select(p => (int)p!["width"]!));
        Assert.Equal(1, (double)probes[0]!["test"]!["mean_auroc"]!);
        Assert.All(probes.Skip(1), p => Assert.InRange((double)p!["test"]!["mean_auroc"]!, 0, 0.95));
        var curve = probes[0]!["shots"]!.AsArray();
        Assert.Equal([1, 4], curve.Select(s => (int)s!["shots"]!));
        Assert.True((double)curve[0]!["mean_auroc"]! < (double)curve[1]!["mean_auroc"]!, curve.ToJsonString());
        Assert.Equal(2, JsonNode.Parse(run.Out)!["comparisons"]!.AsArray().Count);
        Assert.Contains(
            "<polyline",
            await File.ReadAllTextAsync(folder.PathOf("probe/probe.html"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        var saved = Safetensors.Load(folder.PathOf("probe/other.csv.coefficients.safetensors"));
        Assert.Equal([1L, 2], saved["weight"].shape);
        foreach (var tensor in saved.Values) tensor.Dispose();
    }

    [Fact]
    public async Task The_same_few_images_are_drawn_again_for_the_same_seed()
    {
        using var folder = new TemporaryFolder();
        var catalogue = small.Catalogue(folder);
        async Task<string> Run(
            string seed) => JsonNode.Parse((await CommandLineRun.Of("probe", "--config", catalogue, "--dataset", "noise", "--checkpoint",
            small.Checkpoint, "--projected", "--shots", "2", "--repeats", "3",
            "--intervals", "0", "--seed", seed, "--json", "-", "--quiet")).Out)!["probes"]![0]!["shots"]!.ToJsonString();
        var first = await Run("5");
        Assert.Equal(first, await Run("5"));
        Assert.NotEqual(first, await Run("6"));
    }

    [Fact]
    public async Task Files_and_options_that_cannot_be_used_are_refused()
    {
        using var folder = new TemporaryFolder();
        var catalogue = small.Catalogue(folder);
        Task<CommandLineRun> Probe(params string[] more) =>
            CommandLineRun.Of(["probe", "--config", catalogue, "--dataset", "noise", .. more]);
        (await Probe()).AssertRefused("--checkpoint");
        (await Probe("--checkpoint", small.Checkpoint, "--shots", "1,x")).AssertRefused("--shots", "'x'");
        (await Probe("--checkpoint", small.Checkpoint, "--compare", "nothing")).AssertRefused("nothing");
        await File.WriteAllTextAsync(folder.PathOf("nan.csv"), "name,a\n00.png,1\n01.png,nan\n", TestContext.Current.CancellationToken);
        (await Probe("--embeddings", folder.PathOf("nan.csv"))).AssertRefused("nan.csv", "line 3");
        await File.WriteAllTextAsync(folder.PathOf("strange.csv"), "name,a\nx.png,1\n", TestContext.Current.CancellationToken);
        (await Probe("--embeddings", folder.PathOf("strange.csv"))).AssertRefused("strange.csv", "no row");
        await File.WriteAllTextAsync(folder.PathOf("cut.parquet"), "PAR1 and no more", TestContext.Current.CancellationToken);
        (await Probe("--embeddings", folder.PathOf("cut.parquet"))).AssertRefused("cut.parquet");
    }
}
