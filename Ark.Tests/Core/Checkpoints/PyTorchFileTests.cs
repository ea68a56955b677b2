using System.Numerics;
using static TorchSharp.torch;

namespace Ark.Tests.Core;

public class PyTorchFileTests
{
    private static readonly ScalarType[] Types =
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64, ScalarType.Int32,
        ScalarType.Int16,
        ScalarType.Int8, ScalarType.Byte, ScalarType.Bool, ScalarType.ComplexFloat32, ScalarType.ComplexFloat64,
    ];

    /// <summary>A training checkpoint with everything that one holds, and every type and layout of tensor.</summary>
    private static OrderedDictionary<string, object?> Sample()
    {
        var state = new Dictionary<string, Tensor>();
        foreach (var type in Types) state.Add($"t.{type}", arange(24, float32).reshape(2, 3, 4).remainder(2).to(type));
        state.Add("transposed", arange(6, float32).reshape(2, 3).t());
        state.Add("strided", arange(12, float32).index(TensorIndex.Slice(1, null, 3)));
        state.Add("expanded", ones(1, 3).expand(4, 3));
        state.Add("scalar", tensor(2.5f));
        state.Add("empty", empty(0, 5));
        state.Add("large", arange(70_000, int64));
        state.Add("parameter", new TorchSharp.Modules.Parameter(ones(2, 2)));
        var moments = new OrderedDictionary<string, object?> { ["step"] = tensor(3f), ["exp_avg"] = zeros(2, 2) };
        var group = new OrderedDictionary<string, object?>
        {
            ["lr"] = 0.3,
            ["betas"] = (0.9, 0.999),
            ["nesterov"] = true,
            ["foreach"] = null,
            ["params"] = new List<object?> { 0, 1 },
        };
        return new OrderedDictionary<string, object?>
        {
            ["epoch"] = 12,
            ["lossMIN"] = 0.25,
            ["name"] = "ärk – ünïcode 🫁",
            ["long"] = new string('x', 300),
            ["none"] = null,
            ["yes"] = true,
            ["no"] = false,
            ["numbers"] = new List<object?>
            {
                0, 255, 256, 65536, -1, -129, int.MinValue, long.MaxValue, long.MinValue, BigInteger.Pow(2, 100), ulong.MaxValue
            },
            ["doubles"] = new List<object?> { 0.0, -0.0, double.MaxValue, double.Epsilon, double.PositiveInfinity, 0.1f },
            ["state_dict"] = state,
            ["optimizer"] = new OrderedDictionary<string, object?>
            {
                ["state"] = new OrderedDictionary<int, object?> { [0] = moments, [1] = moments },
                ["param_groups"] = new List<object?> { group },
            },
            ["rng"] = new byte[] { 0, 127, 128, 255 },
            ["empties"] = new List<object?> { new List<object?>(), new OrderedDictionary<string, object?>(), new PickleTuple() },
        };
    }

    [Fact]
    public void Load_gives_back_every_value_that_was_saved()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var saved = Sample();
        PyTorchFile.Save(folder.PathOf("a.pth.tar"), saved);
        var loaded = Assert.IsType<PickleDictionary>(PyTorchFile.Load(folder.PathOf("a.pth.tar")));
        Assert.Equal(saved.Keys, loaded.Keys);
        Assert.Equal(12L, loaded["epoch"]);
        Assert.Equal(0.25, loaded["lossMIN"]);
        Assert.Equal(saved["name"], loaded["name"]);
        Assert.Equal(saved["long"], loaded["long"]);
        Assert.Null(loaded["none"]);
        Assert.Equal(
        [
            0L, 255L, 256L, 65536L, -1L, -129L, (long)int.MinValue, long.MaxValue, long.MinValue, BigInteger.Pow(2, 100),
            (BigInteger)ulong.MaxValue
        ], Assert.IsType<List<object?>>(loaded["numbers"]));
        Assert.Equal(saved["rng"], loaded["rng"]);
        var state = Assert.IsType<PickleDictionary>(loaded["state_dict"]);
        Assert.Equal(PickleDictionary.OrderedType, state.TypeName);
        foreach (var (name, tensor) in (Dictionary<string, Tensor>)saved["state_dict"]!)
        {
            var read = Assert.IsType<Tensor>(state[name]);
            Assert.Equal(tensor.dtype, read.dtype);
            Assert.Equal(tensor.shape, read.shape);
            Assert.Equal(RecordedTree.BytesOf(tensor), RecordedTree.BytesOf(read));
        }

        var group = ((PickleDictionary)((List<object?>)((PickleDictionary)loaded["optimizer"]!)["param_groups"]!)[0]!);
        Assert.Equal(new PickleTuple(0.9, 0.999), group["betas"]);
        Assert.Equal([0L, 1L], ((PickleDictionary)((PickleDictionary)loaded["optimizer"]!)["state"]!).Keys);
    }

    [Fact]
    public void Save_of_what_Load_gave_writes_the_same_bytes_again()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        PyTorchFile.Save(folder.PathOf("a.pth"), Sample());
        PyTorchFile.Save(folder.PathOf("b.pth"), PyTorchFile.Load(folder.PathOf("a.pth"))!);
        Assert.Equal(File.ReadAllBytes(folder.PathOf("a.pth")), File.ReadAllBytes(folder.PathOf("b.pth")));
    }

    [Fact]
    public void Save_aligns_every_entry_to_64_bytes()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        PyTorchFile.Save(folder.PathOf("a.pth"), Sample());
        var file = FileSlice.Open(folder.PathOf("a.pth"), out var handle);
        using (handle) Assert.All(ZipIndex.Read(file).Entries, e => Assert.Equal(0, e.Start % 64));
    }

    [Fact]
    public void Save_replaces_an_older_file_and_leaves_nothing_beside_it()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathOf("a.pth"), "old");
        PyTorchFile.Save(folder.PathOf("a.pth"), new OrderedDictionary<string, object?> { ["epoch"] = 1 });
        Assert.Equal(["a.pth"], folder.Files);
        Assert.Equal(1L, Assert.IsType<PickleDictionary>(PyTorchFile.Load(folder.PathOf("a.pth")))["epoch"]);
    }

    [Fact]
    public void Save_leaves_the_older_file_when_writing_fails_midway()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.pth");
        File.WriteAllText(path, "old");
        var failure = Assert.Throws<CheckpointException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write(new byte[100]);
            throw new IOException("No space left on device");
        }));
        Assert.Contains("No space left", failure.Message, StringComparison.Ordinal);
        Assert.Contains(path, failure.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["a.pth"], folder.Files);
    }

    [Fact]
    public void Save_names_the_path_when_the_folder_is_missing()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.PathOf("missing"), "a.pth");
        Assert.Contains(
            path,
            Assert.Throws<CheckpointException>(() => PyTorchFile.Save(path, new List<object?> { 1 })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Save_refuses_values_that_a_checkpoint_cannot_hold_and_those_that_contain_themselves()
    {
        using var folder = new TemporaryFolder();
        var cycle = new List<object?>();
        cycle.Add(cycle);
        Assert.Throws<ArgumentException>(() => PyTorchFile.Save(folder.PathOf("a.pth"), cycle));
        Assert.Throws<ArgumentException>(() => PyTorchFile.Save(folder.PathOf("a.pth"), new List<object?> { DateTime.UnixEpoch }));
        using var gone = ones(2);
        gone.Dispose();
        Assert.Throws<ArgumentException>(() => PyTorchFile.Save(folder.PathOf("a.pth"), new List<object?> { gone }));
        Assert.Empty(folder.Files);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Python_reads_bit_identical_tensors_from_what_Save_wrote(bool weightsOnly)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var saved = Sample();
        if (weightsOnly)
        {
            // PyTorch 1.13 refuses bytes and plain floats here, also those that it has written itself; later versions do not.
            saved.Remove("rng");
            saved.Remove("doubles");
            saved["lossMIN"] = tensor(0.25);
            var optimizer = (OrderedDictionary<string, object?>)saved["optimizer"]!;
            optimizer["param_groups"] = new List<object?>
            {
                new OrderedDictionary<string, object?> { ["betas"] = (tensor(0.9), tensor(0.999)) }
            };
        }

        PyTorchFile.Save(folder.PathOf("a.pth.tar"), saved);
        Safetensors.Save(
            folder.PathOf("expected.safetensors"),
            ((Dictionary<string, Tensor>)saved["state_dict"]!).Where(t => t.Value.dtype != ScalarType.ComplexFloat64));
        var output = Python.Run(
            """
            import sys, torch, json, collections
            c = torch.load(sys.argv[1], weights_only=sys.argv[2] == 'True')
            assert type(c) is dict and type(c['state_dict']) is collections.OrderedDict
            assert c['epoch'] == 12 and c['lossMIN'] == 0.25 and c['name'] == 'ärk – ünïcode 🫁' and c['none'] is None and c['yes'] is True
            assert c['numbers'] == [0, 255, 256, 65536, -1, -129, -2**31, 2**63-1, -2**63, 2**100, 2**64-1], c['numbers']
            assert c['optimizer']['param_groups'][0]['betas'] == (0.9, 0.999) and list(c['optimizer']['state']) == [0, 1]
            assert c.get('rng', b'\x00\x7f\x80\xff') == b'\x00\x7f\x80\xff'
            for n, t in c['state_dict'].items():
                t = t.contiguous()
                raw = bytes(t.flatten().view(torch.uint8).numpy()) if t.numel() and t.dim() and t.dtype != torch.bool else bytes(t.reshape(-1).to(torch.uint8).numpy()) if t.dtype == torch.bool else bytes(t.reshape(-1).view(torch.uint8).numpy()) if t.numel() else b''
                print(n, str(t.dtype)[6:], list(t.shape), raw.hex())
            """,
            folder.PathOf("a.pth.tar"), weightsOnly ? "True" : "False");
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var state = (Dictionary<string, Tensor>)saved["state_dict"]!;
        Assert.Equal(
            state.Select(t =>
                $"{t.Key} {RecordedTree.NameOf(t.Value.dtype)} [{string.Join(", ", t.Value.shape)}] {Convert.ToHexStringLower(RecordedTree.BytesOf(t.Value))}".TrimEnd()),
            lines.Select(l => l.TrimEnd()));
    }
}
