using static TorchSharp.torch;

namespace Ark.Tests.Core;

public class SafetensorsTests
{
    private static OrderedDictionary<string, Tensor> Sample() => new()
    {
        ["bool"] = tensor(new[] { true, false, true }),
        ["f64"] = arange(6, float64).reshape(2, 3),
        ["half"] = arange(5, float32).to(float16),
        ["bf16"] = arange(3, float32).to(bfloat16),
        ["transposed"] = arange(6, float32).reshape(2, 3).t(),
        ["scalar"] = tensor(4L),
        ["empty"] = empty(0, 3),
        ["ünï 🫁 \"quoted\""] = ones(1, ScalarType.Int16),
        ["complex"] = zeros(2, ScalarType.ComplexFloat32),
    };

    [Fact]
    public void Load_gives_back_tensors_order_and_metadata()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var saved = Sample();
        Safetensors.Save(
            folder.PathOf("a.safetensors"), saved, new Dictionary<string, string> { ["names"] = "[\"a\"]", ["format"] = "pt" });
        var loaded = Safetensors.Load(folder.PathOf("a.safetensors"));
        Assert.Equal(saved.Keys, loaded.Keys);
        foreach (var (name, tensor) in saved)
        {
            Assert.Equal(tensor.dtype, loaded[name].dtype);
            Assert.Equal(tensor.shape, loaded[name].shape);
            Assert.Equal(RecordedTree.BytesOf(tensor), RecordedTree.BytesOf(loaded[name]));
        }

        Assert.Equal("[\"a\"]", Safetensors.ReadMetadata(folder.PathOf("a.safetensors"))["names"]);
    }

    [Fact]
    public void Save_aligns_each_tensor_to_its_element_size()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        Safetensors.Save(folder.PathOf("a.safetensors"), Sample());
        var bytes = File.ReadAllBytes(folder.PathOf("a.safetensors"));
        var header = (int)BitConverter.ToInt64(bytes);
        Assert.Equal(0, header % 8);
        using var json = System.Text.Json.JsonDocument.Parse(bytes.AsMemory(8, header));
        Assert.Equal(0, json.RootElement.GetProperty("f64").GetProperty("data_offsets")[0].GetInt64() % 8);
        Assert.Equal(0, json.RootElement.GetProperty("half").GetProperty("data_offsets")[0].GetInt64() % 2);
    }

    [Fact]
    public void Listing_many_tensors_takes_some_hundred_bytes_each()
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("many.safetensors");
        const int count = 20_000;
        WriteEmpty(path, count);
        WriteEmpty(folder.PathOf("few.safetensors"), 3);
        Assert.Equal(3, ListingOf(folder.PathOf("few.safetensors")));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(count, ListingOf(path));
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / count, 1, 800);
    }

    [Fact]
    public void More_tensors_than_the_limit_are_refused_and_as_many_are_read()
    {
        using var folder = new TemporaryFolder();
        WriteEmpty(folder.PathOf("full.safetensors"), 100_000);
        WriteEmpty(folder.PathOf("more.safetensors"), 100_001);
        Assert.Equal(100_000, ListingOf(folder.PathOf("full.safetensors")));
        Assert.Contains(
            "too many tensors; the limit is 100000",
            Assert.Throws<CheckpointException>(() => CheckpointFile.ReadIndex(folder.PathOf("more.safetensors"))).Message,
            StringComparison.Ordinal);
    }

    private static int ListingOf(string path) => CheckpointFile.ReadIndex(path).Tensors.Count;

    // Empty tensors cost a file nothing but their names.
    private static void WriteEmpty(string path, int count)
    {
        var entries = Enumerable.Range(0, count).Select(i => $"\"t{i}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}");
        var header = System.Text.Encoding.UTF8.GetBytes("{" + string.Join(',', entries) + "}");
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. header]);
    }

    [Fact]
    public void Load_is_not_misled_by_a_header_length_that_looks_like_a_pickle()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.safetensors");
        // Names of growing length until the header takes 0x..80 bytes, the mark of a pickle.
        for (var length = 1; ; length += 8)
        {
            Safetensors.Save(path, [new(new string('n', length), ones(1))]);
            if (File.ReadAllBytes(path)[0] == 0x80) break;
        }

        Assert.Single(Safetensors.Load(path));
        Assert.Equal(CheckpointFormat.Safetensors, CheckpointFile.ReadIndex(path).Format);
    }

    [Theory]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "duplicate")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}""", 4, "duplicate")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "hole")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "cover")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "overlap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "size")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "shape")]
    [InlineData("""{"a":{"dtype":"Q9","shape":[1],"data_offsets":[0,4]}}""", 4, "dtype 'Q9'")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "metadata")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "duplicate")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} x""", 4, "JSON")]
    [InlineData("""[]""", 0, "JSON")]
    public void Load_refuses_an_index_against_the_rules(string header, int bytes, string reason)
    {
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.safetensors");
        File.WriteAllBytes(
            path, [.. BitConverter.GetBytes((long)header.Length), .. System.Text.Encoding.UTF8.GetBytes(header), .. new byte[bytes]]);
        Assert.Contains(reason, Assert.Throws<CheckpointException>(() => Safetensors.Load(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("U16", 2, new byte[] { 0xff, 0xff, 1, 0 }, new double[] { 65535, 1 })]
    [InlineData("U32", 4, new byte[] { 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0 }, new double[] { 4294967295, 1 })]
    [InlineData("F8_E5M2", 1, new byte[] { 0x3c, 0xbc, 0x7c, 0x01 }, new[] { 1, -1, double.PositiveInfinity, 1.52587890625e-05 })]
    [InlineData("F8_E4M3", 1, new byte[] { 0x38, 0xb8, 0x7e, 0x01, 0x7f }, new[] { 1, -1, 448, 0.001953125, double.NaN })]
    public void Load_widens_types_that_TorchSharp_lacks_without_loss(string type, int size, byte[] data, double[] expected)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.safetensors");
        var header = $$"""{"a":{"dtype":"{{type}}","shape":[{{data.Length / size}}],"data_offsets":[0,{{data.Length}}] } }""";
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)header.Length), .. System.Text.Encoding.UTF8.GetBytes(header), .. data]);
        Assert.Equal(expected, Safetensors.Load(path)["a"].to(float64).data<double>().ToArray());
    }

    [Fact]
    public void Load_refuses_unsigned_numbers_beyond_64_bit_signed_ones()
    {
        using var folder = new TemporaryFolder();
        var header = """{"a":{"dtype":"U64","shape":[1],"data_offsets":[0,8]}}""";
        File.WriteAllBytes(folder.PathOf("a.safetensors"),
        [
            .. BitConverter.GetBytes((long)header.Length), .. System.Text.Encoding.UTF8.GetBytes(header),
            .. BitConverter.GetBytes(ulong.MaxValue)
        ]);
        Assert.Contains(
            "uint64",
            Assert.Throws<CheckpointException>(() => Safetensors.Load(folder.PathOf("a.safetensors"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Save_refuses_two_tensors_of_one_name_and_types_that_the_format_lacks()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var path = folder.PathOf("a.safetensors");
        Assert.Throws<ArgumentException>(() => Safetensors.Save(path, [new("a", ones(1)), new("a", ones(1))]));
        Assert.Throws<ArgumentException>(() => Safetensors.Save(path, [new("a", zeros(1, ScalarType.ComplexFloat64))]));
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void Load_names_the_right_call_when_given_a_PyTorch_file() =>
        Assert.Contains(
            "PyTorchFile.Load",
            Assert.Throws<CheckpointException>(() => Safetensors.Load(Fixture.PathOf("09_checkpoints", "plain_zip.pth"))).Message,
            StringComparison.Ordinal);
}
