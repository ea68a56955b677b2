using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class HuggingFaceNamesTests
{
    private static readonly string Recorded = Fixture.PathOf("09_checkpoints", "ms_swin.pth");

    [Theory]
    [InlineData("swin.", "a.safetensors")]
    [InlineData("module.swin.", "a.safetensors")]
    [InlineData("swin.", "a.bin")]
    public void A_classifier_of_transformers_gives_the_recorded_logits(string prefix, string file)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder.PathOf(file);
        Save(path, Theirs(prefix));
        var io = Reference.Tensors("09_checkpoints", "ms_swin_io.safetensors");
        using var network = SwinTransformer.Load(path);
        Reference.AssertClose("logits", network.forward(io["input"]), io["logits"]);

        using var filled = SwinTransformer.Allocate(network.Backbone);
        var report = filled.load_checkpoint(path);
        Assert.Equal(prefix, report.Prefix);
        Assert.Equal("encoder.layers.0.blocks.0.attention.self.qkv.weight", report.Renamed["layers.0.blocks.0.attn.qkv.weight"]);
        Assert.Equal("classifier.bias", report.Renamed["head.bias"]);
    }

    [Fact]
    public async Task Convert_joins_queries_keys_and_values_and_keeps_them_apart_where_names_stay()
    {
        using var folder = new TemporaryFolder();
        using (NewDisposeScope()) Save(folder.PathOf("a.bin"), Theirs("swin."));
        await WeightConversion.ConvertAsync(
            folder.PathOf("a.bin"), folder.PathOf("b.safetensors"), new ConversionOptions { Layout = WeightLayout.Swin },
            cancellationToken: TestContext.Current.CancellationToken);
        await WeightConversion.ConvertAsync(
            folder.PathOf("a.bin"), folder.PathOf("c.safetensors"), cancellationToken: TestContext.Current.CancellationToken);
        using var scope = NewDisposeScope();
        var original = CheckpointFile.LoadStateDict(Recorded);
        var converted = Safetensors.Load(folder.PathOf("b.safetensors"));
        foreach (var (name, tensor) in original.Where(w => !HarmlessNames.IsRecomputed(w.Key)))
            Assert.Equal(RecordedTree.BytesOf(tensor), RecordedTree.BytesOf(converted[name]));
        Assert.Contains("swin.encoder.layers.1.blocks.0.attention.self.key.bias", Safetensors.Load(folder.PathOf("c.safetensors")).Keys);
    }

    [Fact]
    public void Parts_that_do_not_fit_together_are_refused()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var theirs = Theirs("");
        theirs["encoder.layers.0.blocks.0.attention.self.key.weight"] = zeros(12, 11);
        Save(folder.PathOf("a.safetensors"), theirs);
        var refusal = Assert.Throws<CheckpointException>(() => SwinTransformer.Load(folder.PathOf("a.safetensors")));
        Assert.Contains("attention.self.qkv.weight", refusal.Message, StringComparison.Ordinal);
    }

    private static void Save(string path, Dictionary<string, Tensor> weights)
    {
        if (path.EndsWith(".bin", StringComparison.Ordinal)) PyTorchFile.Save(path, weights);
        else Safetensors.Save(path, weights);
    }

    // The other way round, and by hand: nothing here asks the names that are tested.
    private static Dictionary<string, Tensor> Theirs(string prefix)
    {
        var result = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (name, tensor) in CheckpointFile.LoadStateDict(Recorded))
        {
            if (HarmlessNames.IsRecomputed(name)) continue;
            var theirs = name
                .Replace("patch_embed.proj.", "embeddings.patch_embeddings.projection.", StringComparison.Ordinal)
                .Replace("patch_embed.norm.", "embeddings.norm.", StringComparison.Ordinal)
                .Replace(".norm1.", ".layernorm_before.", StringComparison.Ordinal)
                .Replace(".norm2.", ".layernorm_after.", StringComparison.Ordinal)
                .Replace(".attn.proj.", ".attention.output.dense.", StringComparison.Ordinal)
                .Replace(".attn.", ".attention.self.", StringComparison.Ordinal)
                .Replace(".mlp.fc1.", ".intermediate.dense.", StringComparison.Ordinal)
                .Replace(".mlp.fc2.", ".output.dense.", StringComparison.Ordinal);
            if (theirs.StartsWith("layers.", StringComparison.Ordinal)) theirs = "encoder." + theirs;
            if (theirs.StartsWith("norm.", StringComparison.Ordinal)) theirs = "layer" + theirs;
            if (name.StartsWith("head.", StringComparison.Ordinal))
            {
                result.Add(prefix.Replace("swin.", "", StringComparison.Ordinal) + "classifier." + name["head.".Length..], tensor);
            }
            else if (theirs.Contains(".qkv.", StringComparison.Ordinal))
            {
                foreach (var (part, rows) in ((string[])["query", "key", "value"]).Zip(tensor.chunk(3)))
                    result.Add(prefix + theirs.Replace(".qkv.", $".{part}.", StringComparison.Ordinal), rows.clone());
            }
            else
            {
                result.Add(prefix + theirs, tensor);
            }
        }

        return result;
    }
}
