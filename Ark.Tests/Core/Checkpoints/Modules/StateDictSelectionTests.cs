using static TorchSharp.torch;

namespace Ark.Tests.Core;

/// <summary>Files of networks that nobody here knows: keys and numbers decide, and the names of the module that is filled.</summary>
public class StateDictSelectionTests
{
    [Theory]
    [InlineData("loss", "model_state_dict")]
    [InlineData("ema counters", "model")]
    [InlineData("ema", "ema")]
    [InlineData("top", "")]
    [InlineData("optimizer", "state_dict")]
    [InlineData("two", null)]
    public void Of_other_networks_the_key_with_the_weights_is_taken(string kind, string? key)
    {
        using var folder = new TemporaryFolder();
        using var scope = NewDisposeScope();
        var (many, few) = (Weights(12), Weights(2));
        OrderedDictionary<string, object?> value = kind switch
        {
            "loss" => new() { ["loss"] = ones(1), ["epoch"] = 1L, ["model_state_dict"] = many },
            "ema counters" => new() { ["model"] = many, ["ema"] = few },
            "ema" => new() { ["model"] = many, ["ema"] = Weights(12) },
            "top" => new(many.Select(w => KeyValuePair.Create<string, object?>(w.Key, w.Value))) { ["extra"] = few },
            "optimizer" => new() { ["state_dict"] = few, ["optimizer"] = many },
            _ => new() { ["generator"] = many, ["discriminator"] = Weights(12) },
        };
        PyTorchFile.Save(folder.PathOf("a.pth"), value);
        if (key is null)
        {
            var refusal = Assert.Throws<CheckpointException>(() => CheckpointFile.LoadStateDict(folder.PathOf("a.pth")));
            Assert.Contains("'generator', 'discriminator'", refusal.Message, StringComparison.Ordinal);
            return;
        }

        var index = CheckpointFile.ReadIndex(folder.PathOf("a.pth"));
        Assert.Equal(key, StateDictSelection<TensorInfo>.Choose("a", index.Root, null, null, networks: null).NestedKey);
    }

    [Theory]
    [InlineData("model.", true)]
    [InlineData("module._orig_mod.", true)]
    [InlineData("net.encoder.", true)]
    [InlineData("discriminator.", false)]
    public void A_plain_module_finds_its_weights_under_the_words_of_frameworks_alone(string prefix, bool fits)
    {
        using var folder = new TemporaryFolder();
        using var source = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2));
        using var target = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2));
        var weights = source.state_dict().ToDictionary(w => prefix + w.Key, w => w.Value);
        weights.Add("decoder.weight", source.state_dict()["0.weight"]);
        PyTorchFile.Save(folder.PathOf("a.pth"), new OrderedDictionary<string, object?> { ["state_dict"] = weights });
        if (!fits)
        {
            Assert.Throws<CheckpointException>(() => target.load_checkpoint(folder.PathOf("a.pth")));
            return;
        }

        Assert.Equal(prefix, target.load_checkpoint(folder.PathOf("a.pth")).Prefix);
        Assert.Equal(RecordedTree.BytesOf(source.state_dict()["1.weight"]), RecordedTree.BytesOf(target.state_dict()["1.weight"]));
    }

    [Fact]
    public void Many_prefixes_and_dictionaries_cost_no_more_than_their_names()
    {
        const int count = 20_000;
        var (root, shape) = (new PickleDictionary(), new TensorInfo("", "float32", [4, 3, 2, 2], 192));
        for (var i = 0; i < count; i++)
        {
            root.Add($"a{i}.patch_embed.proj.weight", shape);
            root.Add($"d{i}", new PickleDictionary());
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.NotNull(StateDictSelection<TensorInfo>.TryChoose("a", root, null, null, Ark.Models.SwinFinder.Instance));
        // Some kilobytes a name, and not a name for each prefix.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, count * 4096L);
    }

    private static Dictionary<string, Tensor> Weights(int count) =>
        Enumerable.Range(0, count).ToDictionary(i => $"layer{i}.weight", _ => ones(2));
}
