using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Ark.Tests.Cli;

public class InspectCommandTests
{
    [Fact]
    public async Task Inspect_writes_the_promised_json()
    {
        var run = await CommandLineRun.Of("inspect", Fixture.PathOf("02_ark_tiny", "mlp", "checkpoint.pth.tar"), "--json", "-");
        Assert.True(run.ExitCode == 0, run.Error);
        var document = JsonNode.Parse(run.Out)!.AsObject();
        Assert.Equal(["format", "nested_key", "verified", "tensors", "model"], document.Select(p => p.Key));
        Assert.Equal(("pytorch-zip", "teacher"), ((string?)document["format"], (string?)document["nested_key"]));
        var tensor = document["tensors"]!.AsArray().Single(t => (string?)t!["name"] == "teacher.patch_embed.proj.weight")!.AsObject();
        Assert.Equal(["name", "dtype", "shape", "bytes"], tensor.Select(p => p.Key));
        Assert.Equal(("float32", 12 * 3 * 4 * 4 * 4), ((string?)tensor["dtype"], (int)tensor["bytes"]!));
        Assert.Equal([12, 3, 4, 4], tensor["shape"]!.AsArray().Select(s => (int)s!));
        var model = document["model"]!;
        Assert.Equal(("swin", "mlp", 40), ((string?)model["architecture"], (string?)model["projector"], (int)model["projector_features"]!));
        Assert.Equal([14, 14, 1, 3, 6, 1], model["heads"]!.AsArray().Select(h => (int)h!["outputs"]!));
    }

    [Fact]
    public async Task Inspect_recognizes_the_released_model_and_names_its_heads()
    {
        using var folder = new TemporaryFolder();
        WriteSparse(folder.PathOf("ark6.safetensors"), Models.WeightRecognitionTests.Table("ark6_swin_base_mlp1376"));
        var run = await CommandLineRun.Of("inspect", folder.PathOf("ark6.safetensors"));
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains(
            "swin_base_patch4_window7_224, 224x224 pixels, mlp projector of 1376, 6 heads (as released: ark6)",
            run.Out,
            StringComparison.Ordinal);
        Assert.Contains("MIMIC: 14 outputs: Atelectasis, Cardiomegaly, Consolidation", run.Out, StringComparison.Ordinal);
        Assert.Contains("[1376, 1024]", run.Out, StringComparison.Ordinal);

        var json = await CommandLineRun.Of("inspect", folder.PathOf("ark6.safetensors"), "--json", folder.PathOf("out.json"), "--quiet");
        Assert.DoesNotContain("omni_heads.0.weight", json.Out, StringComparison.Ordinal);
        var model = JsonNode.Parse(File.ReadAllText(folder.PathOf("out.json")))!["model"]!;
        Assert.Equal("ark6", (string?)model["released"]);
        Assert.Equal("Lung Opacity", (string?)model["heads"]![3]!["labels"]![2]);
    }

    [Theory]
    [InlineData("nested_legacy.pth", "pytorch-legacy")]
    [InlineData("bare_list.pth", "pytorch-zip")]
    [InlineData("optimizers_zip.pth", "pytorch-zip")]
    public async Task Inspect_lists_files_that_hold_no_known_model(string file, string format)
    {
        var run = await CommandLineRun.Of("inspect", Fixture.PathOf("09_checkpoints", file), "--json", "-");
        Assert.True(run.ExitCode == 0, run.Error);
        var document = JsonNode.Parse(run.Out)!.AsObject();
        Assert.Equal(format, (string?)document["format"]);
        Assert.NotEmpty(document["tensors"]!.AsArray());
        Assert.False(document.ContainsKey("model"));
    }

    [Fact]
    public async Task Inspect_says_that_it_read_no_tensor_and_reads_all_with_verify()
    {
        var path = Fixture.PathOf("09_checkpoints", "nested_zip.pth");
        var plain = await CommandLineRun.Of("inspect", path, "--quiet");
        Assert.Contains("not verified: no tensor was read", plain.Out, StringComparison.Ordinal);
        var verified = await CommandLineRun.Of("inspect", path, "--verify", "--quiet");
        Assert.True(verified.ExitCode == 0, verified.Error);
        Assert.Contains("bytes were read, all checksums match, all numbers are finite", verified.Out, StringComparison.Ordinal);
        var json = await CommandLineRun.Of("inspect", path, "--verify", "--json", "-");
        Assert.True((bool)JsonNode.Parse(json.Out)!["verified"]!);
    }

    [Fact]
    public async Task Verify_refuses_a_damaged_tensor_and_numbers_that_are_not_finite()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.pth");
        var numbers = folder.PathOf("b.safetensors");
        using (NewDisposeScope())
        {
            PyTorchFile.Save(path, new Dictionary<string, object?> { ["weight"] = ones(1000) });
            Safetensors.Save(numbers, new Dictionary<string, Tensor> { ["w"] = tensor([1f, float.NaN, float.PositiveInfinity]) });
        }

        var bytes = File.ReadAllBytes(path);
        // One of a thousand ones.
        var one = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0, 0, 0x80, 0x3f, 0, 0, 0x80, 0x3f]);
        bytes[one] = 1;
        File.WriteAllBytes(path, bytes);
        Assert.Equal(0, (await CommandLineRun.Of("inspect", path)).ExitCode);
        (await CommandLineRun.Of("inspect", path, "--verify")).AssertRefused("a.pth", "CRC-32");

        (await CommandLineRun.Of("inspect", numbers, "--verify")).AssertRefused("tensor 'w'", "2 numbers that are not finite, of 3");
    }

    [Fact]
    public async Task Inspect_refuses_what_is_no_weight_file() =>
        (await CommandLineRun.Of("inspect", Fixture.PathOf("09_checkpoints", "bad_arbitrary_global.pth"))).AssertRefused(
            "bad_arbitrary_global.pth", "eval");

    [Fact]
    public async Task Inspect_keeps_control_characters_of_names_from_the_terminal()
    {
        using var folder = new TemporaryFolder();
        using (NewDisposeScope()) Safetensors.Save(
            folder.PathOf("a.safetensors"), new Dictionary<string, Tensor> { ["evil\u001b[2J\nname"] = ones(1) });
        var run = await CommandLineRun.Of("inspect", folder.PathOf("a.safetensors"));
        Assert.DoesNotContain('\u001b', run.Out);
        Assert.Contains("evil [2J name", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_shows_an_example()
    {
        var run = await CommandLineRun.Of("inspect", "--help");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("ark inspect model.safetensors --json -", run.Out, StringComparison.Ordinal);
    }

    /// <summary>A file of the right size that holds zeros and takes no room on the disk: only its index is written.</summary>
    private static void WriteSparse(string path, Dictionary<string, long[]> shapes)
    {
        var header = new JsonObject();
        long position = 0;
        foreach (var (name, shape) in shapes)
        {
            var bytes = shape.Aggregate(4L, (a, b) => a * b);
            header[name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. shape.Select(s => (JsonNode)s)]),
                ["data_offsets"] = new JsonArray(position, position + bytes),
            };
            position += bytes;
        }

        var json = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        using var file = File.Create(path);
        file.Write(BitConverter.GetBytes((long)json.Length));
        file.Write(json);
        file.SetLength(8 + json.Length + position);
    }
}
