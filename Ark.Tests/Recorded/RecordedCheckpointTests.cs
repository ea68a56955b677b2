using System.Text.Json;
using static TorchSharp.torch;

namespace Ark.Tests.Recorded;

/// <summary>Files written by PyTorch itself, with what Python read from them.</summary>
public class RecordedCheckpointTests
{
    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Fixture.PathOf("09_checkpoints"), "*.json")
            .Select(f => Path.GetFileNameWithoutExtension(f))
            .Where(f => f != "index")
            .Order(StringComparer.Ordinal)];

    // Most of the files are too large for the repository. Of these it has copies with a corner of each tensor, the rest counts where they
    // lie beside it.
    private static readonly (string File, string Weights)[] Written =
    [
        ("01_swin_tiny/a_img64_w8_d24/weights.pth", "01_swin_tiny/a_img64_w8_d24/weights"),
        ("01_swin_tiny/b_img56_w7_d16/weights.pth", "01_swin_tiny/b_img56_w7_d16/weights"),
        ("01_swin_tiny/c_rect_ape_nobias/weights.pth", "01_swin_tiny/c_rect_ape_nobias/weights"),
        ("02_ark_tiny/none/checkpoint.pth.tar", "02_ark_tiny/none/teacher"),
        ("02_ark_tiny/linear/checkpoint.pth.tar", "02_ark_tiny/linear/teacher"),
        ("02_ark_tiny/mlp_identity_head/checkpoint.pth.tar", "02_ark_tiny/mlp_identity_head/teacher"),
        ("02_ark_tiny/mlp/checkpoint_dataparallel.pth.tar", "02_ark_tiny/mlp/teacher"),
        ("02_ark_tiny/mlp/teacher_module_state_dict.pth.tar", "02_ark_tiny/mlp/teacher"),
        ("02_ark_tiny/mlp/teacher_only.pth.tar", "02_ark_tiny/mlp/teacher"),
    ];

    public static TheoryData<string> Trimmed => [.. Written.Select(w => w.File).Where(f => f != "02_ark_tiny/mlp/teacher_only.pth.tar")];

    public static TheoryData<string, string> Originals => [.. Written.Where(w => WholePathOf(w.File) is not null)];

    [Theory]
    [MemberData(nameof(Files))]
    public void Load_gives_the_tree_and_the_bits_that_python_recorded(string file)
    {
        using var scope = NewDisposeScope();
        using var recorded = JsonDocument.Parse(File.ReadAllBytes(Fixture.PathOf("09_checkpoints", file + ".json")));
        var tensors = Safetensors.Load(Fixture.PathOf("09_checkpoints", file + ".safetensors"));
        RecordedTree.AssertMatches(
            recorded.RootElement.GetProperty("tree"), PyTorchFile.Load(Fixture.PathOf("09_checkpoints", file)), tensors);
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
        AssertSame(
            Safetensors.Load(Fixture.PathOf("02_ark_tiny", "mlp", recorded + ".safetensors")),
            CheckpointFile.LoadStateDict(Fixture.PathOf("02_ark_tiny", "mlp", "checkpoint.pth.tar"), key));
    }

    [Theory]
    [MemberData(nameof(Trimmed))]
    public void LoadStateDict_gives_the_recorded_bits_of_trimmed_copies_of_the_originals_files(string file)
    {
        using var scope = NewDisposeScope();
        var path = Fixture.PathOf(["09_checkpoints", "trimmed", .. file.Split('/')]);
        AssertSame(Safetensors.Load(path + ".safetensors"), CheckpointFile.LoadStateDict(path));
    }

    [Theory]
    [MemberData(nameof(Originals))]
    public void LoadStateDict_gives_the_recorded_bits_of_the_originals_files(string file, string recorded)
    {
        using var scope = NewDisposeScope();
        AssertSame(Safetensors.Load(WholePathOf(recorded + ".safetensors")!), CheckpointFile.LoadStateDict(WholePathOf(file)!));
    }

    private static string? WholePathOf(string file)
    {
        var path = Fixture.PathOf(file.Split('/'));
        return File.Exists(path) ? path : Fixture.BesideOf(["reference", .. file.Split('/')]);
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
