using System.Text.Json;
using static TorchSharp.torch;

namespace Ark.Tests.Checkpoints;

/// <summary>Files written by PyTorch itself, with what Python read from them.</summary>
public class RecordedCheckpointTests
{
    public static TheoryData<string> Files => [.. Directory.GetFiles(Fixture.PathOf("09_checkpoints"), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Where(f => f != "index").Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Load_gives_the_tree_and_the_bits_that_python_recorded(string file)
    {
        using var scope = NewDisposeScope();
        using var recorded = JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf("09_checkpoints", file + ".json")));
        var tensors = Safetensors.Load(Fixture.PathOf("09_checkpoints", file + ".safetensors"));
        RecordedTree.AssertMatches(recorded.RootElement.GetProperty("tree"), PyTorchFile.Load(Fixture.PathOf("09_checkpoints", file)), tensors);
    }

    [Theory]
    [InlineData("bad_truncated_zip.pth", "central directory")]
    [InlineData("bad_truncated_legacy.pth", "truncated")]
    [InlineData("bad_empty.pth", "empty")]
    [InlineData("bad_text.pth", "unknown format")]
    [InlineData("bad_pickle_only.pth", "magic")]
    [InlineData("bad_arbitrary_global.pth", "eval")]
    public void Load_refuses_the_damaged_files_and_names_file_and_reason(string file, string reason)
    {
        var path = Fixture.PathOf("09_checkpoints", file);
        var refusal = Assert.Throws<CheckpointException>(() => PyTorchFile.Load(path));
        Assert.StartsWith(path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "teacher")]
    [InlineData("state_dict", "student")]
    public void LoadStateDict_gives_student_and_teacher_of_a_checkpoint_that_Ark_wrote(string? key, string recorded)
    {
        using var scope = NewDisposeScope();
        AssertSame(Safetensors.Load(Fixture.PathOf("02_ark_tiny", "mlp", recorded + ".safetensors")), CheckpointFile.LoadStateDict(Fixture.PathOf("02_ark_tiny", "mlp", "checkpoint.pth.tar"), key));
    }

    [Theory]
    [InlineData("01_swin_tiny/a_img64_w8_d24/weights.pth", "01_swin_tiny/a_img64_w8_d24/weights")]
    [InlineData("01_swin_tiny/b_img56_w7_d16/weights.pth", "01_swin_tiny/b_img56_w7_d16/weights")]
    [InlineData("01_swin_tiny/c_rect_ape_nobias/weights.pth", "01_swin_tiny/c_rect_ape_nobias/weights")]
    [InlineData("02_ark_tiny/none/checkpoint.pth.tar", "02_ark_tiny/none/teacher")]
    [InlineData("02_ark_tiny/linear/checkpoint.pth.tar", "02_ark_tiny/linear/teacher")]
    [InlineData("02_ark_tiny/mlp_identity_head/checkpoint.pth.tar", "02_ark_tiny/mlp_identity_head/teacher")]
    [InlineData("02_ark_tiny/mlp/checkpoint_dataparallel.pth.tar", "02_ark_tiny/mlp/teacher")]
    [InlineData("02_ark_tiny/mlp/teacher_module_state_dict.pth.tar", "02_ark_tiny/mlp/teacher")]
    [InlineData("02_ark_tiny/mlp/teacher_only.pth.tar", "02_ark_tiny/mlp/teacher")]
    public void LoadStateDict_gives_the_recorded_bits_of_every_reference_file(string file, string recorded)
    {
        using var scope = NewDisposeScope();
        AssertSame(Safetensors.Load(Fixture.SharedPathOf(["reference", .. (recorded + ".safetensors").Split('/')])), CheckpointFile.LoadStateDict(Fixture.SharedPathOf(["reference", .. file.Split('/')])));
    }

    private static void AssertSame(Dictionary<string, Tensor> expected, Dictionary<string, Tensor> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach (var (name, tensor) in expected)
        {
            Assert.Equal(tensor.dtype, actual[name].dtype);
            Assert.Equal(tensor.shape, actual[name].shape);
            Assert.Equal(RecordedTree.BytesOf(tensor), RecordedTree.BytesOf(actual[name]));
        }
    }
}
