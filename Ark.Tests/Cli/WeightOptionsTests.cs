using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Cli;

/// <summary>Which weights of a file a command takes, said in every command alike.</summary>
public sealed class WeightOptionsTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Theory]
    [InlineData("predict")]
    [InlineData("embed")]
    [InlineData("evaluate")]
    [InlineData("calibrate")]
    [InlineData("probe")]
    [InlineData("explain")]
    [InlineData("similar")]
    [InlineData("inspect")]
    [InlineData("convert")]
    [InlineData("pretrain")]
    [InlineData("finetune")]
    [InlineData("segment", "train")]
    public async Task Every_command_that_reads_weights_has_them(params string[] command)
    {
        var run = await CommandLineRun.Of([.. command, "--help"]);
        Assert.All((string[])["--key", "--strip-prefix", "--inert"], o => Assert.Contains(o, run.Out, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Predict_says_which_weights_it_took_and_takes_others_when_told()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.pth");
        using (NewDisposeScope())
        {
            using var other = new ArkModel(SmallModel.Configuration, new Generator(9));
            PyTorchFile.Save(path, new OrderedDictionary<string, object?>
            {
                ["model"] = other.state_dict().ToDictionary(w => "module." + w.Key, w => w.Value),
                ["model_ema"] = CheckpointFile.LoadStateDict(small.Checkpoint),
            });
        }

        var image = Path.Combine(small.Images, "00.png");
        var plain = await CommandLineRun.Of("predict", "--checkpoint", small.Checkpoint, image);
        var average = await CommandLineRun.Of("predict", "--checkpoint", path, image);
        var named = await CommandLineRun.Of("predict", "--checkpoint", path, "--key", "model", image);
        var prefixed = await CommandLineRun.Of("predict", "--checkpoint", path, "--key", "model", "--strip-prefix", "module", image);
        Assert.All((CommandLineRun[])[plain, average, named, prefixed], run => Assert.True(run.ExitCode == 0, run.Error));
        Assert.Equal(Figures(plain), Figures(average));
        Assert.NotEqual(Figures(plain), Figures(named));
        Assert.Equal(named.Out, prefixed.Out);
        Assert.DoesNotContain("note:", plain.Error, StringComparison.Ordinal);
        Assert.Contains(
            "under 'model_ema' are taken, the moving average; others are under 'model'", average.Error, StringComparison.Ordinal);
        Assert.Contains("'module.' is taken off the names", named.Error, StringComparison.Ordinal);
        (await CommandLineRun.Of("predict", "--checkpoint", path, "--key", "nothing", image)).AssertRefused("key 'nothing'", "'model_ema'");
        (await CommandLineRun.Of("predict", "--checkpoint", path, "--key", "model", "--strip-prefix", "x.", image))
            .AssertRefused("begins with 'x.'", "--strip-prefix");
        (await CommandLineRun.Of("predict", "--checkpoint", path, "--key", "model", "--weights", "teacher", image))
            .AssertRefused("--key", "--weights");
    }

    [Fact]
    public async Task A_class_beside_the_weights_is_refused_by_an_option_and_let_through_by_it()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.pth");
        await using (var file = File.Create(path))
            PickledFile(file, "}X\u0005\0\0\0modelcmypackage.config\nSettings\n)\u0081s");
        (await CommandLineRun.Of("inspect", path)).AssertRefused("'mypackage.config.Settings', which is not allowed", "--inert");
        (await CommandLineRun.Of("inspect", path, "--inert", "mypackage.config.Settings")).AssertRefused("holds no tensors");
    }

    [Fact]
    public async Task Inspect_and_convert_say_what_is_taken()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.pth");
        using (NewDisposeScope())
        {
            var weights = CheckpointFile.LoadStateDict(small.Checkpoint).ToDictionary(w => "encoder." + w.Key, w => w.Value);
            weights.Add("decoder.weight", ones(2));
            PyTorchFile.Save(path, new OrderedDictionary<string, object?> { ["state_dict"] = weights });
        }

        var listed = await CommandLineRun.Of("inspect", path, "--quiet");
        Assert.Contains("'encoder.' is taken off the names; 1 tensors beside the network are left out, such as 'decoder.weight'",
            listed.Out, StringComparison.Ordinal);
        var json = await CommandLineRun.Of("inspect", path, "--json", "-");
        Assert.Contains("\"prefix\": \"encoder.\"", json.Out, StringComparison.Ordinal);
        var kept = await CommandLineRun.Of("convert", path, folder.PathOf("kept.safetensors"));
        Assert.True(kept.ExitCode == 0, kept.Error);
        Assert.Contains("decoder.weight", Names("kept.safetensors"));
        var cut = await CommandLineRun.Of("convert", path, folder.PathOf("cut.safetensors"), "--strip-prefix", "encoder.");
        Assert.Contains("left out", cut.Error, StringComparison.Ordinal);
        Assert.Contains("patch_embed.proj.weight", Names("cut.safetensors"));
        Assert.DoesNotContain("decoder.weight", Names("cut.safetensors"));

        IEnumerable<string> Names(string file) => CheckpointFile.ReadIndex(folder.PathOf(file)).Tensors.Select(t => t.Name);
    }

    private static IEnumerable<string> Figures(CommandLineRun run) =>
        run.Out.Split('\n').Select(l => l.TrimStart().Split(' ')[0]).Where(w => w.Contains('.', StringComparison.Ordinal)).Skip(1).Take(3);

    private static void PickledFile(Stream file, string opcodes)
    {
        using var zip = new System.IO.Compression.ZipArchive(file, System.IO.Compression.ZipArchiveMode.Create, leaveOpen: true);
        using var entry = zip.CreateEntry("a/data.pkl", System.IO.Compression.CompressionLevel.NoCompression).Open();
        Opcodes.Pickle(entry, opcodes);
    }
}
