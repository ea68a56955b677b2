using System.Text.Json.Nodes;
using Ark.Phantom;

namespace Ark.Tests.EndToEnd;

/// <summary>Real radiographs through the command line, without a line of code.</summary>
public sealed class RealDataCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ark-real-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_real_label_set_trains_from_the_catalogue_alone()
    {
        // A tenth of the images of each set: enough to pass through every reader, and soon over.
        var run = await CommandLineRun.Of("pretrain", "--config", Catalogue(text => text.Replace(
            "  task_type:", "  annotation_percent: 10\n  task_type:", StringComparison.Ordinal)),
            "--epochs", "1", "--warmup-epochs", "0", "--img-size", "32", "--test-epoch", "1", "--out", Path.Combine(_folder, "run"),
            "--json", Path.Combine(_folder, "run.json"), "--quiet");

        Assert.True(run.ExitCode == 0, run.Error);
        var tested = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "run.json"), TestContext.Current.CancellationToken))![
            "evaluations"]!.AsArray()
            .Where(e => (string?)e!["weights"] == "teacher").ToDictionary(
                e => (string)e!["dataset"]!, e => (int)e!["images"]!, StringComparer.Ordinal);
        Assert.Equal(
        [
            ("actualmed", 16), ("chestxray14", 198), ("chestxray14-age", 198), ("chestxray14-view", 198), ("hannover", 44),
            ("pneumoniamnist", 624)
        ],
            tested.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => (t.Key, t.Value)));
    }

    [Fact]
    public async Task Check_finds_the_known_duplicates_of_PneumoniaMNIST_and_nothing_else()
    {
        var json = Path.Combine(_folder, "check.json");
        var run = await CommandLineRun.Of("data", "check", "--config", Catalogue(text => text), "--json", json, "--quiet");

        Assert.Equal(2, run.ExitCode);
        var problems = JsonNode.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken))!["datasets"]!.AsArray()
            .SelectMany(d => d!["splits"]!
                .AsArray()
                .Select(s => (Name: $"{d["name"]} {s!["name"]}", Count: s["problems"]!.AsArray().Count))).Where(p => p.Count > 0);
        Assert.Equal([("pneumoniamnist val", 8)], problems);
    }

    [Fact]
    public async Task Real_masks_of_two_conventions_are_trained_on_beside_phantoms()
    {
        var data = Fixture.RealDataPathOf("more");
        await PhantomDatasets.WriteAsync(
            Path.Combine(_folder, "phantom"), new PhantomDatasetOptions { Count = 160, Seed = 3, Masks = true },
            cancellationToken: TestContext.Current.CancellationToken);
        var sample = Path.Combine(Fixture.Repository, "samples", "real-data");
        var catalogue = Path.Combine(_folder, "masks.yaml");
        await File.WriteAllTextAsync(catalogue, (await File.ReadAllTextAsync(
            Path.Combine(sample, "masks.yaml"), TestContext.Current.CancellationToken))
            .Replace("${ARK_DATA}", data, StringComparison.Ordinal)
            .Replace("${ARK_PHANTOM}", Path.Combine(_folder, "phantom"), StringComparison.Ordinal)
            .Replace(": masks/", $": {sample}/masks/", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var check = await CommandLineRun.Of("data", "check", "--config", catalogue, "--quiet");
        Assert.True(check.ExitCode == 0, check.Out + check.Error);
        var run = await CommandLineRun.Of(
            "segment", "train", "--config", catalogue, "--out", Path.Combine(_folder, "run"), "--epochs", "1", "--warmup-epochs", "0",
            "--img-size", "32", "--width", "16", "--arch", "swin_mini", "--json", "-", "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        var test = JsonNode.Parse(run.Out)!["trials"]![0]!["test"]!;
        Assert.Equal("phantom+montgomery+v7", (string)test["dataset"]!);
        Assert.Equal(
            "lungs heart clavicles ribs lungs_with_heart",
            string.Join(' ', test["structures"]!.AsArray().Select(s => s!["dice"] is null ? "none" : (string)s["name"]!)));
    }

    private string Catalogue(Func<string, string> change)
    {
        var data = Fixture.RealDataPathOf();
        var path = Path.Combine(_folder, "all.yaml");
        File.WriteAllText(path, change(File.ReadAllText(Path.Combine(Fixture.Repository, "samples", "real-data", "all.yaml"))
            .Replace("${ARK_DATA}", data, StringComparison.Ordinal)));
        return path;
    }
}
