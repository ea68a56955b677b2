using Ark.Models;
using TorchSharp.PyBridge;
using static TorchSharp.torch;

namespace Ark.Tests.EndToEnd;

/// <summary>
/// The real package TorchSharp.PyBridge on our models, whose file of both <c>using</c> lines this is. The model has the heads and the
/// projector of Ark-6, with parameters on both sides of the size from which memory comes in large pages.
/// </summary>
public class PyBridgeTests
{
    private const long LargePage = 2 << 20;

    private static ArkModelConfiguration Shape => new()
    {
        Backbone = new SwinConfiguration
        {
            ImageHeight = 56,
            ImageWidth = 56,
            EmbedDim = 128,
            Depths = [2, 2],
            NumHeads = [4, 8],
            NumClasses = 0,
            AbsolutePositionEmbedding = true,
        },
        Heads = ReleasedModels.Get("ark6").Configuration.Heads,
    };

    [Fact]
    public void Parameters_and_buffers_of_every_model_fill_a_storage_of_their_own()
    {
        using var ark = new ArkModel(Shape);
        using var filled = ArkModel.Allocate(Shape);
        using var swin = new SwinTransformer(Shape.Backbone with { NumClasses = 5000 });
        using var published = new UperNet(new UperNetConfiguration { Backbone = Shape.Backbone, Structures = ["lung"] });
        using var detailed = new UperNet(new UperNetConfiguration
        {
            Backbone = Shape.Backbone,
            Structures = ["lung"],
            Decoder = UperNetDecoder.Detailed,
        });
        Assert.Contains(ark.parameters(), p => p.numel() * sizeof(float) > LargePage);
        foreach (var module in (ReadOnlySpan<nn.Module>)[ark, filled, swin, published, detailed]) AssertOwnsStorages(module);
    }

    [Fact]
    public void A_loaded_model_fills_storages_of_its_own_too()
    {
        using var folder = new TemporaryFolder();
        using var source = new ArkModel(Shape);
        source.save_py(folder.PathOf("a.pth"));
        using var loaded = ArkModel.Load(folder.PathOf("a.pth"));
        AssertOwnsStorages(loaded);
        AssertEqual(source, loaded);
    }

    [Fact]
    public void Each_reads_what_the_other_writes_bit_for_bit()
    {
        using var folder = new TemporaryFolder();
        using var source = new ArkModel(Shape);
        source.save_py(folder.PathOf("ours.pth"));
        source.save_safetensors(folder.PathOf("ours.safetensors"));
        PyBridgeModuleExtensions.save_py(source, folder.PathOf("theirs.pth"));
        PyBridgeModuleExtensions.save_safetensors(source, folder.PathOf("theirs.safetensors"));
        foreach (var name in (string[])["ours", "theirs"])
        {
            AssertReads(source, m => PyBridgeModuleExtensions.load_py(m, folder.PathOf(name + ".pth")));
            AssertReads(source, m => PyBridgeModuleExtensions.load_safetensors(m, folder.PathOf(name + ".safetensors")));
            AssertReads(source, m => m.load_py(folder.PathOf(name + ".pth")));
            AssertReads(source, m => m.load_safetensors(folder.PathOf(name + ".safetensors")));
            AssertReads(source, m => m.load_checkpoint(folder.PathOf(name + ".pth")));
            using var whole = ArkModel.Load(folder.PathOf(name + ".pth"));
            AssertEqual(source, whole);
        }
    }

    [Fact]
    public void The_backbone_alone_and_the_segmentation_network_are_read_and_written_too()
    {
        using var folder = new TemporaryFolder();
        using var swin = new SwinTransformer(Shape.Backbone);
        PyBridgeModuleExtensions.save_py(swin, folder.PathOf("swin.pth"));
        using var backbone = SwinTransformer.Load(folder.PathOf("swin.pth"));
        AssertEqual(swin, backbone);

        var configuration = new UperNetConfiguration { Backbone = Shape.Backbone, Structures = ["lung"] };
        using var network = new UperNet(configuration);
        using var other = new UperNet(configuration);
        PyBridgeModuleExtensions.save_safetensors(network, folder.PathOf("network.safetensors"));
        PyBridgeModuleExtensions.load_safetensors(other, folder.PathOf("network.safetensors"));
        AssertEqual(network, other);
        using var third = new UperNet(configuration);
        PyBridgeModuleExtensions.save_py(network, folder.PathOf("network.pth"));
        ModuleCheckpointExtensions.load_py(third, folder.PathOf("network.pth"));
        AssertEqual(network, third);
    }

    [Fact]
    public void With_both_packages_in_use_a_model_means_ours()
    {
        using var folder = new TemporaryFolder();
        using var source = new ArkModel(Shape);
        // As extension methods these would be ambiguous.
        source.save_py(folder.PathOf("a.pth"));
        source.save_safetensors(folder.PathOf("a.safetensors"), new Dictionary<string, string> { ["epoch"] = "3" });
        LoadReport report = source.load_py(folder.PathOf("a.pth"));
        Assert.True(report.IsComplete);
        Assert.Equal(CheckpointFormat.Safetensors, source.load_safetensors(folder.PathOf("a.safetensors")).Format);
        Assert.Equal(CheckpointFormat.PyTorchZip, source.load_checkpoint(folder.PathOf("a.pth")).Format);
        Assert.Equal("3", CheckpointFile.ReadIndex(folder.PathOf("a.safetensors")).Metadata["epoch"]);
    }

    [Fact]
    public void Python_reads_what_the_package_and_we_write_of_a_model()
    {
        using var folder = new TemporaryFolder();
        using var source = new ArkModel(Shape);
        source.save_py(folder.PathOf("ours.pth"));
        PyBridgeModuleExtensions.save_py(source, folder.PathOf("theirs.pth"));
        var printed = Python.Run("""
            import sys, torch
            ours, theirs = (torch.load(path) for path in sys.argv[1:3])
            print(list(ours) == list(theirs) and all(torch.equal(ours[name], theirs[name]) for name in ours), len(ours))
            """, folder.PathOf("ours.pth"), folder.PathOf("theirs.pth"));
        Assert.Equal($"True {source.state_dict().Count}", printed.Trim());
    }

    private static void AssertOwnsStorages(nn.Module module)
    {
        using var scope = NewDisposeScope();
        foreach (var (name, tensor) in module.state_dict())
        {
            Assert.True(tensor.storage_offset() == 0, $"'{name}' begins at element {tensor.storage_offset()} of its storage");
            Assert.True(tensor.is_contiguous(), name);
            if (tensor.dtype == ScalarType.Float32)
                Assert.True(tensor.storage<float>().Count == tensor.numel(), $"'{name}' is part of a larger storage");
        }
    }

    private static void AssertReads(ArkModel source, Action<ArkModel> read)
    {
        using var target = new ArkModel(Shape);
        read(target);
        AssertEqual(source, target);
    }

    private static void AssertEqual(nn.Module expected, nn.Module actual)
    {
        using var scope = NewDisposeScope();
        var (one, other) = (expected.state_dict(), actual.state_dict());
        Assert.Equal(one.Keys, other.Keys);
        Assert.All(one, t => Assert.True(other[t.Key].equal(t.Value).all().item<bool>(), t.Key));
    }
}
