using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Cli;

public class ConvertCommandTests
{
    private static readonly string Recorded = Fixture.PathOf("02_ark_tiny", "mlp", "checkpoint.pth.tar");

    [Theory]
    [InlineData("a.safetensors")]
    [InlineData("a.pth")]
    [InlineData("a.pth.tar")]
    [InlineData("a.bin")]
    public async Task Convert_keeps_every_tensor_bit_for_bit(string file)
    {
        using var folder = new TemporaryFolder();
        var run = await CommandLineRun.Of("convert", Recorded, folder.PathOf(file), "--quiet");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("from 'teacher'", run.Out, StringComparison.Ordinal);
        AssertSame(CheckpointFile.LoadStateDict(Recorded), CheckpointFile.LoadStateDict(folder.PathOf(file)));
        Assert.Equal([file], folder.Files);
    }

    [Theory]
    [InlineData("ms_swin.pth")]
    [InlineData("dtypes_legacy.pth")]
    [InlineData("views_zip.pth")]
    [InlineData("shared_legacy.pth")]
    [InlineData("shapes_zip.pth")]
    [InlineData("half_zip.pth")]
    public async Task Convert_to_PyTorch_keeps_views_types_and_shapes_of_other_files(string file)
    {
        using var folder = new TemporaryFolder();
        var run = await CommandLineRun.Of("convert", Fixture.PathOf("09_checkpoints", file), folder.PathOf("a.pt"));
        Assert.True(run.ExitCode == 0, run.Error);
        AssertSame(
            CheckpointFile.LoadStateDict(Fixture.PathOf("09_checkpoints", file)), CheckpointFile.LoadStateDict(folder.PathOf("a.pt")));
    }

    [Fact]
    public async Task Convert_through_every_layout_and_back_gives_the_same_features()
    {
        using var folder = new TemporaryFolder();
        var source = Fixture.PathOf("09_checkpoints", "ms_swin.pth");
        (string From, string To, string Layout)[] ways =
        [
            (source, "1.safetensors", "timm"), ("1.safetensors", "2.pth", "swin"), ("2.pth", "3.pth", "ark"), ("3.pth", "4.bin", "timm")
        ];
        foreach (var (from, to, layout) in ways)
        {
            var run = await CommandLineRun.Of(
                "convert", Path.IsPathRooted(from) ? from : folder.PathOf(from), folder.PathOf(to), "--layout", layout);
            Assert.True(run.ExitCode == 0, run.Error);
        }

        using var scope = NewDisposeScope();
        var images = Reference.Tensors("09_checkpoints", "ms_swin_io.safetensors")["input"];
        using var original = SwinTransformer.Load(source);
        var expected = RecordedTree.BytesOf(original.forward(images));
        foreach (var way in ways)
        {
            using var network = SwinTransformer.Load(folder.PathOf(way.To));
            Assert.Equal(expected, RecordedTree.BytesOf(network.forward(images)));
        }

        Assert.Equal("model", StateDictKey.TryChoose(CheckpointFile.ReadIndex(folder.PathOf("2.pth")).Root)!.Value.Key);
        Assert.Contains("layers.1.downsample.norm.weight", CheckpointFile.ReadIndex(folder.PathOf("4.bin")).Tensors.Select(t => t.Name));
    }

    [Fact]
    public async Task Convert_says_what_a_layout_has_no_place_for()
    {
        using var folder = new TemporaryFolder();
        var run = await CommandLineRun.Of("convert", Recorded, folder.PathOf("a.safetensors"), "--key", "state_dict", "--layout", "swin");
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("left out", run.Error, StringComparison.Ordinal);
        var names = CheckpointFile.ReadIndex(folder.PathOf("a.safetensors")).Tensors.Select(t => t.Name).ToList();
        Assert.DoesNotContain(
            names, n => n.StartsWith("omni_heads.", StringComparison.Ordinal) || n.StartsWith("projector.", StringComparison.Ordinal));
        Assert.Contains("layers.0.blocks.1.attn_mask", names);
    }

    [Theory]
    [InlineData("float16", ScalarType.Float16)]
    [InlineData("bfloat16", ScalarType.BFloat16)]
    public async Task Convert_changes_the_type_of_floats_alone(string name, ScalarType type)
    {
        using var folder = new TemporaryFolder();
        var run = await CommandLineRun.Of("convert", Recorded, folder.PathOf("a.safetensors"), "--dtype", name);
        Assert.True(run.ExitCode == 0, run.Error);
        using var scope = NewDisposeScope();
        var before = CheckpointFile.LoadStateDict(Recorded);
        foreach (var (key, tensor) in Safetensors.Load(folder.PathOf("a.safetensors")))
        {
            var expected = before[key].dtype == ScalarType.Int64 ? before[key] : before[key].to(type);
            Assert.Equal(expected.dtype, tensor.dtype);
            Assert.Equal(RecordedTree.BytesOf(expected), RecordedTree.BytesOf(tensor));
        }

        using var model = ArkModel.Load(folder.PathOf("a.safetensors"));
        Assert.Equal(ScalarType.Float32, model.parameters().First().dtype);
    }

    [Fact]
    public async Task Convert_keeps_names_and_labels_of_heads_in_safetensors_and_says_where_it_cannot()
    {
        using var folder = new TemporaryFolder();
        var configuration = new ArkModelConfiguration
        {
            Backbone = new SwinConfiguration
            {
                ImageHeight = 32,
                ImageWidth = 32,
                WindowSize = 4,
                EmbedDim = 12,
                Depths = [2, 2],
                NumHeads = [1, 2],
                NumClasses = 0,
            },
            ProjectorFeatures = 8,
            Heads = [new ArkHead("ward", new LabelSchema(LabelTask.MultiClass, ["a", "b"]))],
        };
        using var model = ArkModel.Allocate(configuration);
        model.save_safetensors(folder.PathOf("1.safetensors"), new Dictionary<string, string>
        {
            [StoredDescription.MetadataKey] = StoredDescription.ToJson(configuration),
            ["note"] = "kept",
        });
        Assert.Equal(0, (await CommandLineRun.Of(
            "convert", folder.PathOf("1.safetensors"), folder.PathOf("2.safetensors"), "--dtype", "float16")).ExitCode);
        var metadata = Safetensors.ReadMetadata(folder.PathOf("2.safetensors"));
        Assert.Equal(("kept", "pt"), (metadata["note"], metadata["format"]));
        using var back = ArkModel.Load(folder.PathOf("2.safetensors"));
        Assert.Equal(["a", "b"], back.Configuration.Heads[0].Labels.Names);

        var run = await CommandLineRun.Of("convert", folder.PathOf("1.safetensors"), folder.PathOf("3.pth"), "--quiet");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("warning", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Convert_refuses_wrong_keys_endings_and_layouts_and_writes_nothing()
    {
        using var folder = new TemporaryFolder();
        (await CommandLineRun.Of("convert", Recorded, folder.PathOf("a.safetensors"), "--key", "techer")).AssertRefused(
            "checkpoint.pth.tar", "'techer'", "'teacher'");
        (await CommandLineRun.Of("convert", Recorded, folder.PathOf("a.onnx"))).AssertRefused("a.onnx", ".safetensors");
        (await CommandLineRun.Of("convert", Recorded, folder.PathOf("a.pth"), "--layout", "vit")).AssertRefused("vit");
        (await CommandLineRun.Of(
            "convert",
            Fixture.PathOf("09_checkpoints", "module_prefix.pth"),
            folder.PathOf("a.pth"),
            "--layout",
            "timm")).AssertRefused("module_prefix.pth", "--layout");
        (await CommandLineRun.Of("convert", Recorded, folder.PathOf("none/a.pth"))).AssertRefused("cannot be written");
        Assert.Empty(folder.Files);
    }

    [Fact]
    public async Task Convert_that_is_cancelled_leaves_the_older_file()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.PathOf("a.pth"), "older", TestContext.Current.CancellationToken);
        using var source = new CancellationTokenSource();
        var stop = new Callback(p => { if (p.Done > 1000) source.Cancel(); });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => WeightConversion.ConvertAsync(
            Recorded, folder.PathOf("a.pth"), progress: stop, cancellationToken: source.Token));
        Assert.Equal(["a.pth"], folder.Files);
        Assert.Equal("older", await File.ReadAllTextAsync(folder.PathOf("a.pth"), TestContext.Current.CancellationToken));
    }

    private sealed class Callback(Action<WorkProgress> report) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => report(value);
    }

    private static void AssertSame(Dictionary<string, Tensor> expected, Dictionary<string, Tensor> actual)
    {
        // Two names may stand for one tensor, so nothing is freed before all are compared.
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (name, tensor) in expected)
        {
            Assert.Equal((tensor.dtype, string.Join(',', tensor.shape)), (actual[name].dtype, string.Join(',', actual[name].shape)));
            Assert.Equal(RecordedTree.BytesOf(tensor), RecordedTree.BytesOf(actual[name]));
        }

        // One tensor may stand under several names.
        foreach (var tensor in expected.Values.Concat(actual.Values)) tensor.Dispose();
    }
}
