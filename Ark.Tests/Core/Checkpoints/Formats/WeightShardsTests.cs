using System.Text.Json.Nodes;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Core;

public class WeightShardsTests
{
    private const string Index = "model.safetensors.index.json";

    [Theory]
    [InlineData("model.safetensors", true)]
    [InlineData("model.safetensors", false)]
    [InlineData("pytorch_model.bin", true)]
    public void Shards_are_read_as_one_file_by_their_index_or_their_folder(string name, bool byIndex)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var network = new ArkModel(TinyModel.Configuration, new Generator(1));
        var index = Save(folder, network, name);
        using var loaded = ArkModel.Load(byIndex ? index : Path.GetDirectoryName(index)!, out var report);
        Assert.True(report.IsComplete);
        var found = loaded.state_dict();
        foreach (var (key, tensor) in network.state_dict()) Assert.Equal(RecordedTree.BytesOf(tensor), RecordedTree.BytesOf(found[key]));
        Assert.Equal(network.state_dict().Count, CheckpointFile.ReadIndex(index).Tensors.Count);
    }

    [Fact]
    public void A_folder_gives_its_only_weight_file_and_is_refused_by_name_without_one()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.PathOf("a"));
        File.WriteAllText(Path.Combine(folder.PathOf("a"), "config.json"), "{}");
        Assert.Contains("is a folder, not a file, and has no weight file",
            Assert.Throws<CheckpointException>(() => CheckpointFile.ReadIndex(folder.PathOf("a"))).Message, StringComparison.Ordinal);
        Safetensors.Save(Path.Combine(folder.PathOf("a"), "any.safetensors"), [KeyValuePair.Create("x", ones(2))]);
        Assert.Single(CheckpointFile.LoadStateDict(folder.PathOf("a")));
        Safetensors.Save(Path.Combine(folder.PathOf("a"), "other.safetensors"), [KeyValuePair.Create("x", ones(2))]);
        Assert.Contains("several weight files: any.safetensors, other.safetensors",
            Assert.Throws<CheckpointException>(() => CheckpointFile.ReadIndex(folder.PathOf("a"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "invalid JSON")]
    [InlineData("{}", "no 'weight_map'")]
    [InlineData("{\"weight_map\": {}}", "0 tensors in 0 files")]
    [InlineData("{\"weight_map\": {\"x\": 1}}", "invalid JSON")]
    [InlineData("{\"weight_map\": {\"x\": \"../a.safetensors\"}}", "no file beside it")]
    [InlineData("{\"weight_map\": {\"x\": \"/etc/passwd\"}}", "no file beside it")]
    [InlineData("{\"weight_map\": {\"x\": \"..\"}}", "no file beside it")]
    [InlineData("{\"weight_map\": {\"x\": \"missing.safetensors\"}}", "does not exist")]
    [InlineData("{\"weight_map\": {\"x\": \"a.safetensors\", \"x\": \"a.safetensors\"}}", "invalid JSON")]
    [InlineData("{\"weight_map\": {\"y\": \"a.safetensors\"}}", "tensor 'y'")]
    [InlineData("{\"weight_map\": {\"x\": \"model.safetensors.index.json\"}}", "unknown format")]
    public void An_index_that_is_wrong_is_refused_by_that_reason(string text, string reason)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        Safetensors.Save(folder.PathOf("a.safetensors"), [KeyValuePair.Create("x", ones(2))]);
        File.WriteAllText(folder.PathOf(Index), text);
        var refusal = Assert.Throws<CheckpointException>(() => CheckpointFile.ReadIndex(folder.PathOf(Index)));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    private static string Save(TemporaryFolder folder, ArkModel network, string name)
    {
        var map = new JsonObject();
        var (stem, ending) = (Path.GetFileNameWithoutExtension(name), Path.GetExtension(name));
        foreach (var (part, weights) in network.state_dict().Chunk(20).Index())
        {
            var shard = $"{stem}-{part + 1:D5}-of-00003{ending}";
            if (ending == ".bin") PyTorchFile.Save(folder.PathOf(shard), weights.ToDictionary());
            else Safetensors.Save(folder.PathOf(shard), weights);
            foreach (var weight in weights) map[weight.Key] = shard;
        }

        return folder.Write($"{name}.index.json", new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = map }.ToJsonString());
    }
}
