using System.IO.Compression;
using TorchSharp;
using static TorchSharp.torch;

namespace Ark.Tests.Core;

public class ModuleCheckpointExtensionsTests
{
    /// <summary>A small model with the names that matter: a backbone, a mask, an index, a head, and a head for each dataset.</summary>
    private sealed class Model : nn.Module
    {
        public readonly TorchSharp.Modules.Linear fc1 = nn.Linear(3, 4);
        public readonly TorchSharp.Modules.Linear fc2;
        public readonly TorchSharp.Modules.ModuleList<TorchSharp.Modules.Linear> omni_heads = nn.ModuleList(nn.Linear(5, 2));
        public readonly TorchSharp.Modules.Linear? head;

        public Model(int width = 5, bool withHead = true, ScalarType? type = null)
            : base("model")
        {
            fc2 = nn.Linear(4, width);
            if (withHead) head = nn.Linear(5, 7);
            register_buffer("attn_mask", zeros(2, 2));
            register_buffer("relative_position_index", arange(4, int64));
            RegisterComponents();
            if (type is { } wanted) this.to(wanted);
        }
    }

    private static Dictionary<string, byte[]> Snapshot(nn.Module module) =>
        module.state_dict().ToDictionary(e => e.Key, e => RecordedTree.BytesOf(e.Value), StringComparer.Ordinal);

    private static Dictionary<string, Tensor> Prefixed(nn.Module module, string prefix) =>
        module.state_dict().ToDictionary(e => prefix + e.Key, e => e.Value, StringComparer.Ordinal);

    [Fact]
    public void Weights_come_back_bit_for_bit_through_either_format()
    {
        using var folder = new TemporaryFolder();
        using var source = new Model();
        using var first = new Model();
        using var second = new Model();
        source.save_py(folder.PathOf("a.pth"));
        source.save_safetensors(folder.PathOf("a.safetensors"), new Dictionary<string, string> { ["epoch"] = "3" });
        Assert.True(first.load_py(folder.PathOf("a.pth")).IsComplete);
        Assert.True(second.load_safetensors(folder.PathOf("a.safetensors")).IsComplete);
        Assert.Equal(Snapshot(source), Snapshot(first));
        Assert.Equal(Snapshot(source), Snapshot(second));
        Assert.Equal(CheckpointFormat.Safetensors, second.load_checkpoint(folder.PathOf("a.safetensors")).Format);
        Assert.Equal(CheckpointFormat.PyTorchZip, second.load_checkpoint(folder.PathOf("a.pth")).Format);
        Assert.All(first.parameters(), p => Assert.True(p.requires_grad));
    }

    [Theory]
    [InlineData(null, "teacher")]
    [InlineData("state_dict", "state_dict")]
    [InlineData("nested.deep", "nested.deep")]
    public void Load_takes_the_teacher_or_the_key_that_is_named_and_strips_the_prefix(string? key, string expected)
    {
        using var folder = new TemporaryFolder();
        using var teacher = new Model();
        using var student = new Model();
        using var third = new Model();
        PyTorchFile.Save(folder.PathOf("a.pth"), new OrderedDictionary<string, object?>
        {
            ["epoch"] = 3,
            ["state_dict"] = Prefixed(student, "module."),
            ["teacher"] = Prefixed(teacher, "module."),
            ["nested"] = new OrderedDictionary<string, object?> { ["deep"] = third.state_dict() },
        });
        using var model = new Model();
        var report = model.load_checkpoint(folder.PathOf("a.pth"), nestedKey: key);
        Assert.Equal(expected, report.NestedKey);
        Assert.Equal(key != "nested.deep", report.PrefixStripped);
        Assert.Equal(Snapshot(key is null ? teacher : key == "state_dict" ? student : third), Snapshot(model));
    }

    [Theory]
    [InlineData("teacher", true)]
    [InlineData("state_dict", true)]
    [InlineData("model", true)]
    [InlineData("student", true)]
    [InlineData("weights", true)]
    [InlineData("optimizer", false)]
    public void Load_finds_a_state_dict_under_the_usual_keys_or_where_it_is_the_only_one(string key, bool found)
    {
        using var folder = new TemporaryFolder();
        using var source = new Model();
        using var model = new Model();
        var file = new OrderedDictionary<string, object?>
        {
            [key] = found ? source.state_dict() : new OrderedDictionary<string, object?> { ["state"] = new List<object?>() },
        };
        PyTorchFile.Save(folder.PathOf("a.pth"), file);
        if (found) Assert.Equal(key, model.load_checkpoint(folder.PathOf("a.pth")).NestedKey);
        else
            Assert.Contains(
                "'optimizer'",
                Assert.Throws<CheckpointException>(() => model.load_checkpoint(folder.PathOf("a.pth"))).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void Load_names_the_keys_that_are_there_when_the_one_asked_for_is_not()
    {
        using var folder = new TemporaryFolder();
        using var model = new Model();
        PyTorchFile.Save(folder.PathOf("a.pth"), new OrderedDictionary<string, object?> { ["epoch"] = 1, ["model"] = model.state_dict() });
        var message = Assert.Throws<CheckpointException>(() => model.load_checkpoint(folder.PathOf("a.pth"), nestedKey: "teacher")).Message;
        Assert.Contains("'teacher'", message, StringComparison.Ordinal);
        Assert.Contains("'epoch', 'model'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_takes_files_whose_differences_are_harmless_and_says_why()
    {
        using var folder = new TemporaryFolder();
        using var source = new Model(withHead: false);
        using var model = new Model();
        var weights = source.state_dict();
        weights.Remove("attn_mask");
        weights["layers.0.attn_mask"] = zeros(1);
        weights["relative_position_index"] = zeros(9, int64);
        PyTorchFile.Save(folder.PathOf("a.pth"), weights);
        var report = model.load_checkpoint(folder.PathOf("a.pth"));
        Assert.True(report.IsComplete);
        Assert.Equal(["attn_mask", "head.bias", "head.weight"], report.Missing.Select(e => e.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["layers.0.attn_mask"], report.Unexpected.Select(e => e.Name));
        var mismatch = Assert.Single(report.Mismatched);
        Assert.Equal([9L], mismatch.FileShape!);
        Assert.Equal([4L], mismatch.ModelShape!);
        Assert.Contains("recomputed", mismatch.HarmlessBecause, StringComparison.Ordinal);
        Assert.All(report.Missing, e => Assert.NotNull(e.HarmlessBecause));
    }

    [Fact]
    public void Load_refuses_a_difference_that_matters_when_strict_and_reports_it_when_not()
    {
        using var folder = new TemporaryFolder();
        using var source = new Model(width: 6);
        using var model = new Model();
        source.save_py(folder.PathOf("a.pth"));
        var before = Snapshot(model);
        var message = Assert.Throws<CheckpointException>(() => model.load_py(folder.PathOf("a.pth"))).Message;
        Assert.Contains("fc2.weight [6, 4] in the file, [5, 4] in the model", message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot(model));
        var loaded = new Dictionary<string, bool>();
        var report = model.load_py(folder.PathOf("a.pth"), strict: false, loadedParameters: loaded);
        Assert.Equal(["fc2.bias", "fc2.weight"], report.Harmful.Select(e => e.Name).Order(StringComparer.Ordinal));
        Assert.True(loaded["fc1.weight"]);
        Assert.False(loaded["fc2.weight"]);
        Assert.Equal(Snapshot(source)["fc1.weight"], Snapshot(model)["fc1.weight"]);
        Assert.Equal(before["fc2.weight"], Snapshot(model)["fc2.weight"]);
    }

    [Fact]
    public void Load_leaves_names_alone_that_are_to_be_skipped()
    {
        using var folder = new TemporaryFolder();
        using var source = new Model(width: 6);
        using var model = new Model();
        source.save_py(folder.PathOf("a.pth"));
        var report = model.load_py(folder.PathOf("a.pth"), skip: ["fc2.weight", "fc2.bias"]);
        Assert.Equal(2, report.Skipped.Count);
        Assert.True(report.IsComplete);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Load_throws_when_next_to_nothing_fits_whatever_strict_says(bool strict)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var model = new Model();
        PyTorchFile.Save(folder.PathOf("a.pth"), new Dictionary<string, Tensor> { ["other.weight"] = ones(2), ["fc1.weight"] = ones(9) });
        Assert.Contains(
            "another model",
            Assert.Throws<CheckpointException>(() => model.load_checkpoint(folder.PathOf("a.pth"), strict)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_converts_to_the_type_of_the_model()
    {
        using var folder = new TemporaryFolder();
        using var source = new Model();
        using var model = new Model(type: float64);
        source.save_py(folder.PathOf("a.pth"));
        model.load_py(folder.PathOf("a.pth"));
        Assert.Equal(float64, model.fc1.weight.dtype);
        using var wide = source.fc1.weight.to(float64);
        Assert.Equal(RecordedTree.BytesOf(wide), RecordedTree.BytesOf(model.fc1.weight));
    }

    [Fact]
    public void Load_changes_nothing_when_one_tensor_of_the_file_is_corrupt()
    {
        using var folder = new TemporaryFolder();
        using var source = new Model();
        using var model = new Model();
        var path = folder.PathOf("a.pth");
        source.save_py(path);
        var file = FileSlice.Open(path, out var handle);
        long last;
        using (handle) last = ZipIndex.Read(file).Entries.Where(e => e.Name.Contains("/data/", StringComparison.Ordinal)).Max(e => e.Start);
        var bytes = File.ReadAllBytes(path);
        bytes[last] ^= 1;
        File.WriteAllBytes(path, bytes);
        var before = Snapshot(model);
        Assert.Throws<CheckpointException>(() => model.load_py(path));
        Assert.Equal(before, Snapshot(model));
    }

    [Theory]
    [InlineData("a.pth", CompressionLevel.NoCompression)]
    [InlineData("a.pth", CompressionLevel.Optimal)]
    [InlineData("a.safetensors", CompressionLevel.NoCompression)]
    public void Load_changes_nothing_when_one_number_of_the_file_is_not_finite(string name, CompressionLevel compression)
    {
        using var folder = new TemporaryFolder();
        using var source = new Model();
        using var model = new Model();
        var path = folder.PathOf(name);
        // The last of the file.
        using (no_grad()) source.head!.bias![6] = float.PositiveInfinity;
        if (name.EndsWith(".pth", StringComparison.Ordinal)) source.save_py(path);
        else source.save_safetensors(path);
        if (compression != CompressionLevel.NoCompression) Repack(path, compression);
        var before = Snapshot(model);
        var refusal = Assert.Throws<CheckpointException>(() => model.load_checkpoint(path));
        Assert.Contains("tensor 'head.bias': holds a number that is not finite", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, Snapshot(model));

        using (no_grad()) source.head!.bias![6] = 1;
        if (name.EndsWith(".pth", StringComparison.Ordinal)) source.save_py(path);
        else source.save_safetensors(path);
        if (compression != CompressionLevel.NoCompression) Repack(path, compression);
        Assert.True(model.load_checkpoint(path).IsComplete);
        Assert.Equal(Snapshot(source), Snapshot(model));
    }

    [Fact]
    public void Damage_that_makes_a_number_infinite_is_told_as_damage()
    {
        using var folder = new TemporaryFolder();
        using var model = new Model();
        var path = folder.PathOf("a.pth");
        model.save_py(path);
        var file = FileSlice.Open(path, out var handle);
        long first;
        using (handle) first = ZipIndex.Read(file).Find("archive/data/2")!.Start;
        var bytes = File.ReadAllBytes(path);
        BitConverter.TryWriteBytes(bytes.AsSpan((int)first), float.NegativeInfinity);
        File.WriteAllBytes(path, bytes);
        Assert.Contains("CRC-32", Assert.Throws<CheckpointException>(() => model.load_py(path)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "not finite",
            Assert.Throws<CheckpointException>(
                () => model.load_py(path, options: new PyTorchLoadOptions { VerifyChecksums = false })).Message,
            StringComparison.Ordinal);
    }

    // As TorchSharp.PyBridge writes it.
    private static void Repack(string path, CompressionLevel compression)
    {
        using var from = ZipFile.OpenRead(path);
        using (var to = ZipFile.Open(path + ".new", ZipArchiveMode.Create))
        {
            foreach (var entry in from.Entries)
            {
                using var source = entry.Open();
                using var target = to.CreateEntry(entry.FullName, compression).Open();
                source.CopyTo(target);
            }
        }

        File.Move(path + ".new", path, overwrite: true);
    }

    [Fact]
    public void Load_reads_views_and_transposed_tensors_into_their_place()
    {
        using var folder = new TemporaryFolder();
        using var source = new Model();
        using var model = new Model();
        // Written by Python, so that the file has strides; ours are always contiguous.
        Python.Run(
            """
            import sys, torch
            big = torch.arange(100.)
            torch.save({'fc1.weight': torch.arange(12.).reshape(3, 4).t(), 'fc1.bias': big[10:14], 'fc2.weight': big[20:40].reshape(5, 4), 'fc2.bias': big[40:90:10]}, sys.argv[1])
            """,
            folder.PathOf("a.pth"));
        model.load_py(folder.PathOf("a.pth"), strict: false);
        Assert.Equal([0f, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], model.fc1.weight.data<float>().ToArray());
        Assert.Equal([10f, 11, 12, 13], model.fc1.bias!.data<float>().ToArray());
        Assert.Equal(20f, model.fc2.weight.data<float>()[0]);
        Assert.Equal([40f, 50, 60, 70, 80], model.fc2.bias!.data<float>().ToArray());
    }

    [Fact]
    public void Load_names_the_right_call_for_a_file_of_the_other_kind()
    {
        using var folder = new TemporaryFolder();
        using var model = new Model();
        model.save_py(folder.PathOf("a.pth"));
        model.save_safetensors(folder.PathOf("a.safetensors"));
        Assert.Contains(
            "load_safetensors",
            Assert.Throws<CheckpointException>(() => model.load_py(folder.PathOf("a.safetensors"))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "load_py",
            Assert.Throws<CheckpointException>(() => model.load_safetensors(folder.PathOf("a.pth"))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "does not exist",
            Assert.Throws<CheckpointException>(() => model.load_py(folder.PathOf("b.pth"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void LoadStateDict_gives_the_tensors_of_the_chosen_key()
    {
        using var scope = NewDisposeScope();
        var weights = CheckpointFile.LoadStateDict(Fixture.PathOf("09_checkpoints", "module_prefix.pth"));
        Assert.Contains("0.weight", weights.Keys);
        Assert.DoesNotContain(weights.Keys, k => k.StartsWith("module.", StringComparison.Ordinal));
    }

    [Fact]
    public void ReadIndex_lists_tensors_with_path_type_shape_and_size()
    {
        var index = CheckpointFile.ReadIndex(Fixture.PathOf("09_checkpoints", "nested_legacy.pth"));
        Assert.Equal(CheckpointFormat.PyTorchLegacy, index.Format);
        Assert.Equal(["model.layers.0.w", "model.layers.1.w", "tuple.0", "5"], index.Tensors.Select(t => t.Name));
        Assert.Equal(("float32", 8L), (index.Tensors[0].DataType, index.Tensors[0].Bytes));
        Assert.Equal([2L], index.Tensors[0].Shape);
        Assert.Equal(12L, Assert.IsType<PickleDictionary>(index.Root)["epoch"]);
    }

    [Fact]
    public void Loading_and_saving_leave_no_tensor_behind()
    {
        using var folder = new TemporaryFolder();
        using var model = new Model();
        void Once()
        {
            model.save_py(folder.PathOf("a.pth"));
            model.save_safetensors(folder.PathOf("a.safetensors"));
            model.load_checkpoint(folder.PathOf("a.pth"));
            model.load_checkpoint(folder.PathOf("a.safetensors"));
            foreach (var tensor in CheckpointFile.LoadStateDict(folder.PathOf("a.pth")).Values) tensor.Dispose();
        }

        Once();
        var statistics = DisposeScopeManager.Statistics;
        var before = statistics.ThreadTotalLiveCount;
        for (var i = 0; i < 5; i++) Once();
        Assert.Equal(before, statistics.ThreadTotalLiveCount);
    }
}
