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
}
