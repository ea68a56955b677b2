using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class ModelLoaderTests
{
    private static readonly string Recorded = Fixture.PathOf("02_ark_tiny", "mlp", "checkpoint.pth.tar");

    private static SwinConfiguration Small =>
        new()
        {
            ImageHeight = 32,
            ImageWidth = 32,
            WindowSize = 4,
            EmbedDim = 12,
            Depths = [2, 2, 2],
            NumHeads = [1, 2, 4],
            NumClasses = 10,
        };

    [Fact]
    public void A_file_of_the_Microsoft_repository_gives_its_recorded_logits()
    {
        using var scope = NewDisposeScope();
        using var network = SwinTransformer.Load(Fixture.PathOf("09_checkpoints", "ms_swin.pth"));
        var io = Reference.Tensors("09_checkpoints", "ms_swin_io.safetensors");
        Reference.AssertClose("logits", network.forward(io["input"]), io["logits"]);
        Assert.False(network.training);
    }

    [Fact]
    public void The_same_weights_under_the_names_of_later_timm_give_the_same_logits()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var weights = CheckpointFile.LoadStateDict(Fixture.PathOf("09_checkpoints", "ms_swin.pth"));
        Safetensors.Save(folder.PathOf("later.safetensors"), weights
            .Where(w => SwinNames.ToLaterTimm(w.Key) is not null)
            .Select(w => KeyValuePair.Create(SwinNames.ToLaterTimm(w.Key)!, w.Value)));
        var io = Reference.Tensors("09_checkpoints", "ms_swin_io.safetensors");

        using var network = SwinTransformer.Allocate(Small with { NumClasses = (int)weights["head.weight"].shape[0] });
        network.eval();
        var report = network.load_checkpoint(folder.PathOf("later.safetensors"));
        Assert.True(report.IsComplete);
        Assert.Equal("layers.1.downsample.norm.bias", report.Renamed["layers.0.downsample.norm.bias"]);
        Assert.Equal("head.fc.weight", report.Renamed["head.weight"]);
        Assert.All(report.Missing, m => Assert.Contains("recomputed", m.HarmlessBecause, StringComparison.Ordinal));
        Reference.AssertClose("logits", network.forward(io["input"]), io["logits"]);
    }

    [Theory]
    [InlineData(null, "teacher")]
    [InlineData("state_dict", "student")]
    public void ArkModel_Load_needs_only_the_path_of_a_published_checkpoint(string? key, string network)
    {
        using var scope = NewDisposeScope();
        using var model = ArkModel.Load(Recorded, out var report, key);
        Assert.True(report.IsComplete);
        Assert.Empty(report.Missing);
        Assert.Equal((ProjectorKind.Mlp, 40), (model.Configuration.Projector, model.Configuration.ProjectorFeatures));
        Assert.Equal([14, 14, 1, 3, 6, 1], model.Configuration.Heads.Select(h => h.Outputs));
        Assert.Equal("head0", model.Configuration.Heads[0].Name);
        var io = Reference.Tensors("02_ark_tiny", "mlp", "io.safetensors");
        foreach (var (head, logits) in model
            .forward(io["input"])
            .Index()) Reference.AssertClose($"head {head}", logits, io[$"{network}.all.{head}"]);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("linear")]
    [InlineData("mlp_identity_head")]
    public void ArkModel_Load_recognizes_every_kind_of_projector_and_head(string name)
    {
        using var scope = NewDisposeScope();
        using var model = ArkModel.Load(Fixture.PathOf("02_ark_tiny", name, "teacher.safetensors"));
        var io = Reference.Tensors("02_ark_tiny", name, "io.safetensors");
        foreach (var (head, logits) in model
            .forward(io["input"])
            .Index()) Reference.AssertClose($"head {head}", logits, io[$"teacher.all.{head}"]);
    }

    [Fact]
    public void ArkModel_Load_reads_a_training_checkpoint_of_the_original_engine()
    {
        var path = Fixture.PathOf("04_training", "ark_sgd_epoch", "checkpoint_epoch0.pth.tar");
        using var teacher = ArkModel.Load(path, out var report);
        using var student = ArkModel.Load(path, "state_dict");
        Assert.Equal("teacher", report.NestedKey);
        Assert.Equal([14, 3, 1], teacher.Configuration.Heads.Select(h => h.Outputs));
        // One epoch in, the two networks differ, and both have the size of the recorded final ones.
        Assert.NotEqual(
            RecordedTree.BytesOf(teacher.state_dict()["norm.weight"]), RecordedTree.BytesOf(student.state_dict()["norm.weight"]));
        using var scope = NewDisposeScope();
        var final = Reference.Tensors("04_training", "ark_sgd_epoch", "teacher_final.safetensors");
        Assert.All(final, f => Assert.Equal(f.Value.shape, teacher.state_dict()[f.Key].shape));
    }

    [Fact]
    public void ArkModel_Load_names_the_heads_that_the_file_itself_names()
    {
        using var folder = new TemporaryFolder();
        var configuration = new ArkModelConfiguration
        {
            Backbone = Small with { NumClasses = 0 },
            ProjectorFeatures = 8,
            Normalization = Normalization.ChestXray,
            Heads = [new ArkHead("ward", new LabelSchema(LabelTask.MultiClass, ["a", "b"])), new ArkHead("other", 3)],
        };
        using var source = ArkModel.Allocate(configuration);
        source.save_safetensors(
            folder.PathOf("a.safetensors"),
            new Dictionary<string, string> { [StoredDescription.MetadataKey] = StoredDescription.ToJson(configuration) });
        using var model = ArkModel.Load(folder.PathOf("a.safetensors"));
        Assert.Equal(Normalization.ChestXray, model.Configuration.Normalization);
        Assert.Equal(["ward", "other"], model.Configuration.Heads.Select(h => h.Name));
        Assert.Equal(["a", "b"], model.Configuration.Heads[0].Labels.Names);
        Assert.Equal([true, false], model.Configuration.Heads.Select(h => h.HasKnownLabels));
        Assert.Equal(["[output 0]", "[output 1]", "[output 2]"], model.Configuration.Heads[1].Labels.Names);
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("[]")]
    [InlineData("""{"normalization":"imagenet"}""")]
    [InlineData("""{"normalization":"imagenet","heads":[{"name":"a","outputs":2,"task":"Sorcery","labels":["x","y"]}]}""")]
    [InlineData("""{"normalization":"imagenet","heads":[{"name":"a","outputs":2,"task":"MultiLabel","labels":["x","x"]}]}""")]
    [InlineData("""{"normalization":"imagenet","heads":[{"name":"a","outputs":5}]}""")]
    [InlineData("""{"normalization":"imagenet","normalization":"none","heads":[]}""")]
    public void ArkModel_Load_refuses_a_description_that_is_damaged_or_contradicts_the_tensors(string description)
    {
        using var folder = new TemporaryFolder();
        using var source = ArkModel.Allocate(new ArkModelConfiguration
        {
            Backbone = Small,
            ProjectorFeatures = 8,
            Heads = [new ArkHead("a", 2)],
        });
        source.save_safetensors(
            folder.PathOf("a.safetensors"), new Dictionary<string, string> { [StoredDescription.MetadataKey] = description });
        Assert.Throws<CheckpointException>(() => ArkModel.Load(folder.PathOf("a.safetensors")));
    }

    [Fact]
    public void ArkModel_Load_names_the_file_and_what_is_known_when_it_names_an_unknown_normalization()
    {
        using var folder = new TemporaryFolder();
        using var source = ArkModel.Allocate(new ArkModelConfiguration
        {
            Backbone = Small,
            ProjectorFeatures = 8,
            Heads = [new ArkHead("a", 2)],
        });
        source.save_safetensors(folder.PathOf("a.safetensors"), new Dictionary<string, string>
        {
            [StoredDescription.MetadataKey] = """{"normalization":"sepia","heads":[{"name":"a","outputs":2}]}""",
        });
        var message = Assert.Throws<CheckpointException>(() => ArkModel.Load(folder.PathOf("a.safetensors"))).Message;
        Assert.Contains(
            "a.safetensors, model description: has the unknown normalization 'sepia'. Known are imagenet, chestx-ray and none",
            message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ArkModel_Load_refuses_a_plain_swin_and_says_what_it_is()
    {
        var message = Assert.Throws<CheckpointException>(() => ArkModel.Load(Fixture.PathOf("09_checkpoints", "ms_swin.pth"))).Message;
        Assert.Contains("a Swin Transformer of 32 pixels, window 4, 12 channels, depths 2-2-2", message, StringComparison.Ordinal);
        Assert.Contains("SwinTransformer.Load", message, StringComparison.Ordinal);
    }

    [Fact]
    public void ArkModel_Load_refuses_a_file_of_something_else()
    {
        var message = Assert.Throws<CheckpointException>(() => ArkModel.Load(
            Fixture.PathOf("09_checkpoints", "module_prefix.pth"))).Message;
        Assert.Contains("no Swin Transformer", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_names_its_few_tensors_over_and_over_builds_no_model()
    {
        using var folder = new TemporaryFolder();
        // A thousand blocks that share the tensors of one: half a megabyte, but half a gigabyte as a network.
        Python.Run(
            """
            import sys, torch
            c = 96
            block = {'attn.relative_position_bias_table': (169, 3), 'attn.qkv.weight': (3 * c, c), 'attn.proj.weight': (c, c), 'mlp.fc1.weight': (4 * c, c), 'mlp.fc2.weight': (c, 4 * c), 'norm1.weight': (c,)}
            block = {name: torch.zeros(size) for name, size in block.items()}
            state = {'patch_embed.proj.weight': torch.zeros(c, 3, 4, 4)}
            for i in range(1000):
                state.update({f'layers.0.blocks.{i}.{name}': tensor for name, tensor in block.items()})
            torch.save(state, sys.argv[1])
            """,
            folder.PathOf("a.pth"));
        Assert.Contains(
            "too large",
            Assert.Throws<CheckpointException>(() => SwinTransformer.Load(folder.PathOf("a.pth"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void SwinTransformer_Load_takes_the_backbone_of_an_ark_file()
    {
        using var scope = NewDisposeScope();
        using var network = SwinTransformer.Load(Recorded);
        using var model = ArkModel.Load(Recorded);
        var images = Reference.Tensors("02_ark_tiny", "mlp", "io.safetensors")["input"];
        Assert.Equal(RecordedTree.BytesOf(model.Pool(images)), RecordedTree.BytesOf(network.Pool(images)));
    }

    [Fact]
    public void A_model_of_another_window_takes_interpolated_tables_only_when_not_strict()
    {
        using var model = ArkModel.Allocate(Wrong(Small with { WindowSize = 2 }));
        var message = Assert.Throws<CheckpointException>(() => model.load_checkpoint(Recorded)).Message;
        Assert.Contains("window 4", message, StringComparison.Ordinal);
        Assert.Contains("interpolate", message, StringComparison.Ordinal);

        var report = model.load_checkpoint(Recorded, strict: false);
        // The last stage has two by two tokens, and so that window, in both.
        Assert.Equal(4, report.Resized.Count);
        Assert.All(report.Resized, r => Assert.EndsWith("relative_position_bias_table", r.Name, StringComparison.Ordinal));
        Assert.Empty(report.Harmful);
        Assert.Contains("resized 4", report.ToString(), StringComparison.Ordinal);
        using var scope = NewDisposeScope();
        var stored = CheckpointFile.LoadStateDict(Recorded)["layers.0.blocks.1.attn.relative_position_bias_table"];
        Assert.Equal(
            RecordedTree.BytesOf(PositionTables.ResizeBias(stored, 9)),
            RecordedTree.BytesOf(model.state_dict()["layers.0.blocks.1.attn.relative_position_bias_table"]));
    }

    [Fact]
    public void A_model_of_a_larger_image_takes_all_weights_and_interpolated_positions()
    {
        using var folder = new TemporaryFolder();
        using var source = new SwinTransformer(Small with { AbsolutePositionEmbedding = true });
        source.save_py(folder.PathOf("a.pth"));
        using var larger = SwinTransformer.Allocate(source.Backbone.WithImageSize(64, 32));
        var report = larger.load_checkpoint(folder.PathOf("a.pth"), strict: false);
        Assert.Equal(["absolute_pos_embed"], report.Resized.Select(r => r.Name));
        Assert.Equal([1L, 128L, 12L], report.Resized[0].ModelShape!);
        Assert.Empty(report.Harmful);
    }

    [Fact]
    public void Wrong_projector_width_architecture_and_key_are_refused_with_what_the_file_seems_to_hold()
    {
        const string holds =
            "12 channels, depths 2-2-2 and attention heads 1-2-4, with an MLP projector of 40 and 6 heads (14, 14, 1, 3, 6, 1)";
        AssertRefused(Wrong(Small, width: 48), null, holds, "projector.0.weight [40, 48] in the file, [48, 48] in the model");
        AssertRefused(Wrong(Small with { EmbedDim = 16 }), null, holds);
        AssertRefused(Wrong(Small with { Depths = [2, 4, 2] }), null, holds, "layers.1.blocks.2");
        AssertRefused(Wrong(Small), "techer", holds, "'techer'", "under 'teacher'");
        AssertRefused(Wrong(Small), "optimizer", holds, "no tensors");

        static void AssertRefused(ArkModelConfiguration configuration, string? key, params string[] words)
        {
            using var model = ArkModel.Allocate(configuration);
            var message = Assert.Throws<CheckpointException>(() => model.load_checkpoint(Recorded, nestedKey: key)).Message;
            Assert.All(words, w => Assert.Contains(w, message, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Buffers_alone_are_next_to_nothing_whatever_strict_says()
    {
        // Of a swin_small file only masks and indices fit swin_base, more than a tenth of its names.
        using var folder = new TemporaryFolder();
        using var source = SwinTransformer.Allocate(Small with { EmbedDim = 24, NumHeads = [2, 4, 8] });
        source.save_py(folder.PathOf("a.pth"));
        using var model = SwinTransformer.Allocate(Small with { NumClasses = 0 });
        var message = Assert.Throws<CheckpointException>(() => model.load_checkpoint(folder.PathOf("a.pth"), strict: false)).Message;
        Assert.Contains("fits 0 of", message, StringComparison.Ordinal);
        Assert.Contains("24 channels", message, StringComparison.Ordinal);
    }

    private static ArkModelConfiguration Wrong(SwinConfiguration backbone, int width = 40) => new()
    {
        Backbone = backbone,
        ProjectorFeatures = width,
        Heads = [.. ((int[])[14, 14, 1, 3, 6, 1]).Select((n, i) => new ArkHead($"h{i}", n))],
    };
}
