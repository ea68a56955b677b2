using static TorchSharp.torch;

namespace Ark.Tests.Core;

public class PyTorchTarTests
{
    [Fact]
    public void Load_reads_the_first_format_of_PyTorch()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        TarSamples.WriteFirstFormat(folder.PathOf("a.pth.tar"));
        var root = Assert.IsType<PickleDictionary>(PyTorchFile.Load(folder.PathOf("a.pth.tar")));
        Assert.Equal([2, 3], root.Get<Tensor>("w")!.shape);
        Assert.Equal([0f, 1, 2, 3, 4, 5], root.Get<Tensor>("w")!.data<float>().ToArray());
        Assert.Equal([4f, 5], root.Get<Tensor>("t")!.data<float>().ToArray());
        // They share their storage, as in Python.
        root.Get<Tensor>("t")!.zero_();
        Assert.Equal([0f, 1, 2, 3, 0, 0], root.Get<Tensor>("w")!.data<float>().ToArray());
        Assert.Equal(CheckpointFormat.PyTorchTar, CheckpointFile.ReadIndex(folder.PathOf("a.pth.tar")).Format);
    }

    [Theory]
    [InlineData("plain_legacy.pth", CheckpointFormat.PyTorchLegacy)]
    [InlineData("plain_zip.pth", CheckpointFormat.PyTorchZip)]
    [InlineData("plain_zip.pth.safetensors", CheckpointFormat.Safetensors)]
    public void Load_reads_the_only_file_of_an_archive(string file, CheckpointFormat format)
    {
        using var folder = new TemporaryFolder();
        TarSamples.WriteWrapped(folder.PathOf("a.pth.tar"), File.ReadAllBytes(Fixture.PathOf("09_checkpoints", file)));
        var index = CheckpointFile.ReadIndex(folder.PathOf("a.pth.tar"));
        Assert.Equal(format, index.Format);
        Assert.Equal(["weight", "bias"], index.Tensors.Select(t => t.Name).OrderDescending(StringComparer.Ordinal));
        using var scope = NewDisposeScope();
        var inside = CheckpointFile.LoadStateDict(folder.PathOf("a.pth.tar"));
        var plain = CheckpointFile.LoadStateDict(Fixture.PathOf("09_checkpoints", file));
        foreach (var (name, tensor) in plain) Assert.Equal(RecordedTree.BytesOf(tensor), RecordedTree.BytesOf(inside[name]));
    }

    [Fact]
    public void Load_refuses_an_archive_inside_an_archive()
    {
        using var folder = new TemporaryFolder();
        TarSamples.WriteFirstFormat(folder.PathOf("a.tar"));
        TarSamples.WriteWrapped(folder.PathOf("b.tar"), File.ReadAllBytes(folder.PathOf("a.tar")));
        Assert.Throws<CheckpointException>(() => PyTorchFile.Load(folder.PathOf("b.tar")));
    }
}
