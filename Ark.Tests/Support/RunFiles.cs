using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace Ark.Tests;

/// <summary>What a run left in its folder, in a form in which two runs can be compared.</summary>
internal sealed class RunFiles(string folder)
{
    public string Folder => folder;

    public string Checkpoint(string name = "last") => Path.Combine(folder, "checkpoints", name + ".pth.tar");

    /// <summary>The lines of the metrics without what depends on the clock.</summary>
    public List<string> Metrics() => [.. File.ReadLines(Path.Combine(folder, "metrics.jsonl")).Select(l =>
    {
        var line = JsonNode.Parse(l)!.AsObject();
        foreach (var clock in line.Select(p => p.Key).Where(k => k.Contains("per_second", StringComparison.Ordinal)
            || k.Contains("seconds", StringComparison.Ordinal)).ToList())
            line.Remove(clock);
        return line.ToJsonString();
    })];

    public PickleDictionary Root(string name = "last") => (PickleDictionary)PyTorchFile.Load(Checkpoint(name))!;

    public void AssertSameAs(RunFiles other)
    {
        Assert.Equal(other.Metrics(), Metrics());
        Assert.Equal(other.Root().Keys, Root().Keys);
        foreach (var key in ((string[])["state_dict", "teacher", "reconstruction"]).Where(Root().ContainsKey))
            AssertSame(key, Root()[key], other.Root()[key]);
        AssertSame("optimizer", Root()["optimizer"], other.Root()["optimizer"]);
        AssertSame("scheduler", Root()["scheduler"], other.Root()["scheduler"]);
    }

    internal static void AssertSame(string place, object? one, object? two)
    {
        switch (one)
        {
            case PickleDictionary values:
                var others = Assert.IsType<PickleDictionary>(two);
                Assert.Equal(values.Keys, others.Keys);
                foreach (var (key, value) in values) AssertSame($"{place}.{key}", value, others[key]);
                break;
            case List<object?> items:
                var list = Assert.IsType<List<object?>>(two);
                Assert.Equal(items.Count, list.Count);
                for (var i = 0; i < items.Count; i++) AssertSame($"{place}[{i}]", items[i], list[i]);
                break;
            case Tensor tensor:
                Assert.True(tensor.equal((Tensor)two!).all().item<bool>(), $"{place} differs");
                break;
            default:
                Assert.Equal(one, two);
                break;
        }
    }
}
