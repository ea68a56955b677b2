using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

/// <summary>Files as training frameworks write them: the network in them is found, and its weights are the right ones.</summary>
public class SwinFinderTests
{
    public static TheoryData<string, string, string> Layouts => new()
    {
        // Kind, key, prefix.
        { "loss", "model_state_dict", "" },
        { "best_acc1", "state_dict", "" },
        { "center", "teacher", "" },
        { "unknown key", "my_weights", "" },
        { "deep", "checkpoint.model", "" },
        { "_orig_mod.", "", "_orig_mod." },
        { "module._orig_mod.", "", "module._orig_mod." },
        { "model.", "", "model." },
        { "net.encoder.", "", "net.encoder." },
        { "_forward_module.module.", "", "_forward_module.module." },
        { "compiled blocks", "", "_orig_mod." },
        { "backbone alone has a prefix", "state_dict", "module.backbone." },
        { "two dictionaries", "model.backbone", "" },
        { "decoder", "model", "encoder." },
        { "timm", "state_dict_ema", "" },
        { "deit", "model_ema", "" },
        { "net and ema", "ema_state_dict", "" },
        { "ema with its module", "ema.module", "" },
        { "student and teacher", "", "teacher." },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Load_finds_the_network_and_says_where(string kind, string key, string prefix)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var network = new ArkModel(TinyModel.Configuration, new Generator(1));
        using var other = new ArkModel(TinyModel.Configuration, new Generator(2));
        var path = folder.PathOf("a.pth");
        PyTorchFile.Save(path, Layout(kind, network, other));

        using var loaded = ArkModel.Load(path, out var report);
        AssertSame(network, loaded);
        Assert.Equal((key, prefix), (report.NestedKey, report.Prefix));
        Assert.True(report.IsComplete);
        if (prefix.Length > 0) Assert.Contains($"'{prefix}' is taken off", report.Remark, StringComparison.Ordinal);
        if (key.Contains("ema", StringComparison.Ordinal)) Assert.Contains("the moving average", report.Remark, StringComparison.Ordinal);
        // Into a network that is there, the same.
        using var filled = ArkModel.Allocate(TinyModel.Configuration);
        Assert.Equal(report.Prefix, filled.load_checkpoint(path).Prefix);
        AssertSame(network, filled);
        // And so says the index alone.
        var recognized = ArkModelConfiguration.Recognize(CheckpointFile.ReadIndex(path))!;
        Assert.Equal([3], recognized.Heads.Select(h => h.Outputs));
    }

    [Fact]
    public void What_lies_beside_the_network_is_reported_and_harms_nothing()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var network = new ArkModel(TinyModel.Configuration, new Generator(1));
        PyTorchFile.Save(folder.PathOf("a.pth"), Layout("decoder", network, network));
        using var loaded = ArkModel.Load(folder.PathOf("a.pth"), out var report);
        var left = Assert.Single(report.Unexpected, e => e.Name == "decoder.0.weight");
        Assert.Contains("beside 'encoder.'", left.HarmlessBecause, StringComparison.Ordinal);
        Assert.Contains("1 tensors beside the network are left out", report.Remark, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_networks_that_nothing_tells_apart_none_is_taken_until_one_is_named()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var first = new ArkModel(TinyModel.Configuration, new Generator(1));
        using var second = new ArkModel(TinyModel.Configuration, new Generator(2));
        var path = folder.PathOf("a.pth");
        PyTorchFile.Save(path, new OrderedDictionary<string, object?> { ["a"] = first.state_dict(), ["b"] = second.state_dict() });
        var refusal = Assert.Throws<CheckpointException>(() => ArkModel.Load(path));
        Assert.Contains("under 'a' and 'b'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("'NestedKey'", refusal.Hint, StringComparison.Ordinal);
        using var loaded = ArkModel.Load(path, "b");
        AssertSame(second, loaded);
    }

    [Theory]
    [InlineData("student")]
    [InlineData("student.")]
    public void A_prefix_that_is_named_is_taken_off_and_no_other(string prefix)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var student = new ArkModel(TinyModel.Configuration, new Generator(1));
        using var teacher = new ArkModel(TinyModel.Configuration, new Generator(2));
        var path = folder.PathOf("a.pth");
        PyTorchFile.Save(path, Layout("student and teacher", teacher, student));
        using var loaded = ArkModel.Load(path, options: new PyTorchLoadOptions { StripPrefix = prefix });
        AssertSame(student, loaded);
        var refusal = Assert.Throws<CheckpointException>(
            () => ArkModel.Load(path, options: new PyTorchLoadOptions { StripPrefix = "nobody." }));
        Assert.Contains("no name that begins with 'nobody.'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_is_named_is_taken_also_when_it_has_dots_or_leads_to_a_dictionary_of_dictionaries()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var first = new ArkModel(TinyModel.Configuration, new Generator(1));
        using var second = new ArkModel(TinyModel.Configuration, new Generator(2));
        var path = folder.PathOf("a.pth");
        PyTorchFile.Save(path, new OrderedDictionary<string, object?>
        {
            ["teacher"] = first.state_dict(),
            ["v1.0"] = new OrderedDictionary<string, object?> { ["state_dict"] = Prefixed(second, "module.") },
        });
        foreach (var key in (string[])["v1.0", "v1.0.state_dict"])
        {
            using var loaded = ArkModel.Load(path, out var report, key);
            AssertSame(second, loaded);
            Assert.Equal("v1.0.state_dict", report.NestedKey);
        }
    }

    [Fact]
    public void Other_networks_are_not_taken_for_one()
    {
        using var folder = new TemporaryFolder();
        using var weights = rand(8, 3, 16, 16);
        PyTorchFile.Save(folder.PathOf("vit.pth"), new OrderedDictionary<string, Tensor> { ["model.patch_embed.proj.weight"] = weights });
        var refusal = Assert.Throws<CheckpointException>(() => SwinTransformer.Load(folder.PathOf("vit.pth")));
        Assert.Contains("holds no Swin Transformer that is known", refusal.Message, StringComparison.Ordinal);
    }

    private static object Layout(string kind, ArkModel network, ArkModel other)
    {
        var weights = network.state_dict();
        return kind switch
        {
            "loss" => File(("epoch", 3L), ("model_state_dict", weights), ("loss", tensor(0.5))),
            "best_acc1" => File(("state_dict", weights), ("best_acc1", tensor(71.5f)), ("torch_rng", zeros(64, ScalarType.Byte))),
            "center" => File(("teacher", weights), ("center", zeros(1, 8))),
            "unknown key" => File(("my_weights", weights), ("loss", tensor(0.5))),
            "deep" => File(("checkpoint", File(("model", weights), ("loss", tensor(0.5))))),
            "compiled blocks" => Named(weights, n => n.Replace("blocks.1.", "blocks.1._orig_mod.", StringComparison.Ordinal)),
            "backbone alone has a prefix" => File(("state_dict", Named(
                weights, n => SwinNames.IsArks(n) ? $"module.{n}" : $"module.backbone.{n}"))),
            "two dictionaries" => File(("model", File(
                ("backbone", weights.Where(w => !SwinNames.IsArks(w.Key)).ToDictionary()),
                ("head", weights.Where(w => SwinNames.IsArks(w.Key)).ToDictionary())))),
            "decoder" => File(("model", new OrderedDictionary<string, Tensor>(Prefixed(network, "encoder."))
            {
                ["decoder.0.weight"] = zeros(4, 4),
            })),
            "timm" => File(("state_dict", other.state_dict()), ("epoch", 1L), ("state_dict_ema", weights)),
            "deit" => File(("model", other.state_dict()), ("model_ema", weights)),
            "net and ema" => File(("ema_state_dict", weights), ("net", other.state_dict())),
            "ema with its module" => File(("model", other.state_dict()), ("ema", File(("decay", tensor(0.9)), ("module", weights)))),
            "student and teacher" => new OrderedDictionary<string, Tensor>(
                Prefixed(other, "student.").Concat(Prefixed(network, "teacher."))),
            _ => Prefixed(network, kind),
        };
    }

    private static OrderedDictionary<string, object?> File(params (string Key, object? Value)[] entries) =>
        new(entries.Select(e => KeyValuePair.Create(e.Key, e.Value)));

    private static Dictionary<string, Tensor> Prefixed(ArkModel network, string prefix) => Named(network.state_dict(), n => prefix + n);

    private static Dictionary<string, Tensor> Named(Dictionary<string, Tensor> weights, Func<string, string> name) =>
        weights.ToDictionary(w => name(w.Key), w => w.Value, StringComparer.Ordinal);

    private static void AssertSame(ArkModel expected, ArkModel actual)
    {
        var found = actual.state_dict();
        foreach (var (name, tensor) in expected.state_dict())
            Assert.True(RecordedTree.BytesOf(tensor).AsSpan().SequenceEqual(RecordedTree.BytesOf(found[name])), name);
    }
}
