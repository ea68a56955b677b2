using System.Text.Json.Nodes;
using Ark.Training;

namespace Ark.Tests.Cli;

/// <summary>Where results go, and what is left of them when something fails.</summary>
public class OutputPathTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public async Task Predictions_before_an_unreadable_image_are_kept()
    {
        using var folder = new TemporaryFolder();
        var (bad, output) = (folder.Write("bad.png", "no picture"), folder.PathOf("out.json"));
        var run = await CommandLineRun.Of(
            "predict", "--checkpoint", small.Checkpoint, "--batch-size", "1", "--json", output, Image(0), Image(1), bad, Image(2));
        run.AssertRefused("bad.png");
        Assert.Equal([Image(0), Image(1)], JsonNode.Parse(await File.ReadAllTextAsync(output, TestContext.Current.CancellationToken))!
            .AsArray()
            .Select(p => (string)p!["image"]!));
        Assert.Contains(Image(1), run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_of_two_folders_are_told_apart()
    {
        using var folder = new TemporaryFolder();
        foreach (var site in (string[])["a", "b"])
        {
            Directory.CreateDirectory(folder.PathOf(site));
            File.Copy(Image(0), Path.Combine(folder.PathOf(site), "1.png"));
        }

        async Task<IEnumerable<string>> Names(params string[] inputs)
        {
            var run = await CommandLineRun.Of(["predict", "--checkpoint", small.Checkpoint, "--json", "-", "--quiet", .. inputs]);
            return JsonNode.Parse(run.Out)!.AsArray().Select(p => (string)p!["image"]!);
        }

        Assert.Equal(["1.png"], await Names(folder.PathOf("a")));
        Assert.Equal(
            [folder.PathOf("a") + "/1.png", folder.PathOf("b") + "/1.png"], await Names(folder.PathOf("a") + "/", folder.PathOf("b")));
    }

    [Theory]
    [InlineData("predict", "--checkpoint", "missing.pth", "--json", "nowhere/out.json", "x.png")]
    [InlineData("data", "check", "--config", "missing.yaml", "--json", "nowhere/out.json")]
    [InlineData("calibrate", "--checkpoint", "missing.pth", "--config", "missing.yaml", "--dataset", "A", "--out", "nowhere/out.json")]
    [InlineData(
        "evaluate", "--checkpoint", "missing.pth", "--config", "missing.yaml", "--dataset", "A", "--predictions", "nowhere/out.csv")]
    public async Task Output_that_cannot_be_written_is_refused_before_anything_is_read(params string[] command) =>
        (await CommandLineRun.Of(command)).AssertRefused("nowhere", "cannot be written");

    [Fact]
    public async Task Output_of_before_stays_where_a_command_is_refused()
    {
        using var folder = new TemporaryFolder();
        var output = folder.Write("out.json", "[1]");
        (await CommandLineRun.Of("predict", "--checkpoint", "missing.pth", "--json", output, Image(0))).AssertRefused("missing.pth");
        Assert.Equal("[1]", await File.ReadAllTextAsync(output, TestContext.Current.CancellationToken));
        (await CommandLineRun.Of(
            "predict", "--checkpoint", small.Checkpoint, "--head", "Typo", "--json", output, Image(0))).AssertRefused("Typo");
        Assert.Equal("[1]", await File.ReadAllTextAsync(output, TestContext.Current.CancellationToken));
        Assert.Equal(["out.json"], folder.Files);
        (await CommandLineRun.Of("predict", "--checkpoint", "missing.pth", "--json", folder.PathOf("new.json"), Image(0))).AssertRefused(
            "missing.pth");
        Assert.False(File.Exists(folder.PathOf("new.json")));
    }

    [Fact]
    public async Task Json_may_lie_in_the_folder_that_a_command_makes()
    {
        using var folder = new TemporaryFolder();
        var run = await CommandLineRun.Of(
            "embed", "--checkpoint", small.Checkpoint, "--input", small.Images, "--out", folder.PathOf("new/e.npz"), "--json",
            folder.PathOf("new/summary.json"), "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(24, (int)JsonNode.Parse(
            await File.ReadAllTextAsync(folder.PathOf("new/summary.json"), TestContext.Current.CancellationToken))!["images"]!);
        run = await CommandLineRun.Of(
            "data", "phantom", "--out", folder.PathOf("phantom"), "--count", "160", "--json", folder.PathOf("phantom/info.json"),
            "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        (await CommandLineRun.Of(
            "data", "phantom", "--out", folder.PathOf("phantom"), "--count", "160", "--json",
            folder.PathOf("phantoms/info.json"))).AssertRefused("phantoms");
    }

    [Theory]
    [InlineData("runs/a", "runs/a")]
    [InlineData("my runs/a$b", "'my runs/a$b'")]
    [InlineData("it's", "'it'\\''s'")]
    public void Printed_path_is_one_that_a_shell_takes_back(string path, string expected) =>
        Assert.Equal(OperatingSystem.IsWindows() ? path : expected, ShellPath.Quoted(path));

    [Theory]
    [InlineData("--combine", "predict", "--checkpoint", "missing.pth", "--combine", "max", "x.png")]
    [InlineData(
        "--combine", "evaluate", "--checkpoint", "missing.pth", "--config", "builtin:phantom", "--dataset", "PhantomView", "--combine",
        "max")]
    [InlineData("--repeats", "probe", "--config", "builtin:phantom", "--dataset", "PhantomView", "--repeats", "3")]
    [InlineData("--exp-name", "pretrain", "--config", "builtin:phantom", "--out", "a", "--exp-name", "b")]
    [InlineData("names no dataset", "pretrain", "--config", "builtin:phantom", "--datasets", "")]
    public async Task Option_that_would_have_no_effect_is_refused(string named, params string[] command) =>
        (await CommandLineRun.Of(command)).AssertRefused(named);

    [Fact]
    public async Task Similar_images_are_sought_with_the_network_that_made_the_embeddings()
    {
        using var folder = new TemporaryFolder();
        var embeddings = folder.PathOf("e.npz");
        Assert.Equal(0, (await CommandLineRun.Of(
            "embed", "--checkpoint", small.Checkpoint, "--input", small.Images, "--out", embeddings, "--quiet")).ExitCode);
        (await CommandLineRun.Of(
            "similar", Image(3), "--in", embeddings, "--checkpoint", small.Checkpoint, "--weights",
            "student")).AssertRefused("--weights", "teacher");
        var found = await CommandLineRun.Of(
            "similar", Image(3), "--in", embeddings, "--checkpoint", small.Checkpoint, "--top", "1", "--quiet");
        Assert.StartsWith("1.0000  03.png", found.Out, StringComparison.Ordinal);
        (await CommandLineRun.Of(
            "embed", "--checkpoint", small.Checkpoint, "--input", small.Images, "--data-dir", small.Images, "--out",
            embeddings)).AssertRefused("--data-dir");
    }

    private string Image(int number) => Path.Combine(small.Images, $"{number:D2}.png");
}
