using System.IO.Compression;
using System.Text;

namespace Ark.Tests.Hostile;

/// <summary>Untyped storages can be read as any type, and each type takes memory of its own.</summary>
public class ManyTypesTests
{
    private const int Bytes = 16 << 20;

    [Fact]
    public void One_storage_under_many_types_is_refused_before_it_is_read()
    {
        using var folder = new TemporaryFolder();
        Write(folder.PathOf("a.pt"), "float32", "int32");
        Assert.Equal(2, CheckpointFile.ReadIndex(folder.PathOf("a.pt")).Tensors.Count);
        Write(folder.PathOf("b.pt"), "float32", "int32", "int16", "uint8", "float8_e4m3fn", "uint16", "float64");
        var error = Assert.Throws<CheckpointException>(() => PyTorchFile.Load(folder.PathOf("b.pt")));
        Assert.Contains("out of range", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Safetensors_with_endless_metadata_are_refused()
    {
        using var folder = new TemporaryFolder();
        var header = Encoding.UTF8.GetBytes(
            "{\"__metadata__\":{" + string.Join(',', Enumerable.Range(0, 100_001).Select(i => $"\"{i}\":\"\"")) + "}}");
        File.WriteAllBytes(folder.PathOf("a.safetensors"), [.. BitConverter.GetBytes((long)header.Length), .. header]);
        var error = Assert.Throws<CheckpointException>(() => CheckpointFile.ReadIndex(folder.PathOf("a.safetensors")));
        Assert.Contains("too many entries", error.Message, StringComparison.Ordinal);
    }

    private static void Write(string path, params string[] types)
    {
        var sizes = new Dictionary<string, int>(StringComparer.Ordinal)
        {
            ["float64"] = 8,
            ["float32"] = 4,
            ["int32"] = 4,
            ["int16"] = 2,
            ["uint16"] = 2,
            ["uint8"] = 1,
            ["float8_e4m3fn"] = 1,
        };
        var value = new StringBuilder("}(");
        foreach (var type in types)
        {
            value.Append(Opcodes.Text(type)).Append("ctorch._utils\n_rebuild_tensor_v3\n((")
                .Append(Opcodes.Text("storage")).Append("ctorch.storage\nUntypedStorage\n").Append(Opcodes.Text("0")).Append(Opcodes.Text(
                    "cpu")).Append(Opcodes.Whole(Bytes)).Append("tQ")
                .Append(Opcodes.Whole(0)).Append('(').Append(Opcodes.Whole(Bytes / sizes[type])).Append("t(").Append(Opcodes.Whole(
                    1)).Append("t\u0089ccollections\nOrderedDict\n)R")
                .Append($"ctorch\n{type}\ntR");
        }

        using var archive = new ZipArchive(File.Create(path), ZipArchiveMode.Create);
        using (var pickle = archive.CreateEntry("a/data.pkl", CompressionLevel.NoCompression).Open()) Opcodes.Pickle(
            pickle, value.Append('u').ToString());
        using (var version = archive.CreateEntry("a/version", CompressionLevel.NoCompression).Open()) version.Write("3\n"u8);
        using var data = archive.CreateEntry("a/data/0", CompressionLevel.NoCompression).Open();
        data.Write(new byte[Bytes]);
    }
}
