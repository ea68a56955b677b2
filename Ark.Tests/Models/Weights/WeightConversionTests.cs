using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class WeightConversionTests(SmallModel small) : IClassFixture<SmallModel>
{
    [Fact]
    public async Task ConvertAsync_changes_format_layout_and_type_and_says_what_it_left_out()
    {
        using var folder = new TemporaryFolder();
        var moments = new List<WorkProgress>();
        var target = folder.PathOf("backbone.pth");
        var options = new ConversionOptions { Layout = WeightLayout.Timm, DataType = ScalarType.Float16 };
        var result = await WeightConversion.ConvertAsync(
            small.Checkpoint, target, options, new Recorder(moments), TestContext.Current.CancellationToken);
        var written = CheckpointFile.ReadIndex(target).Tensors;
        Assert.Equal(result.Tensors, written.Count);
        Assert.Contains(written, t => t.Name == "patch_embed.proj.weight" && t.DataType == "float16");
        Assert.Contains("omni_heads.0.weight", result.LeftOut);
        Assert.Equal((result.Tensors, result.Bytes), (moments.Count, moments[^1].Total));
    }

    [Fact]
    public async Task ConvertAsync_refuses_a_type_that_has_no_fractions()
    {
        using var folder = new TemporaryFolder();
        var options = new ConversionOptions { DataType = ScalarType.Int64 };
        var error = await Assert.ThrowsAsync<ArkInputException>(
            () => WeightConversion.ConvertAsync(
                small.Checkpoint, folder.PathOf("a.pth"), options, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("'DataType'", error.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Files);
    }

    [Fact]
    public async Task ConvertAsync_refuses_numbers_that_the_type_cannot_hold_and_names_them()
    {
        using var folder = new TemporaryFolder();
        var weights = CheckpointFile.LoadStateDict(small.Checkpoint);
        weights["norm.bias"][1] = tensor(-1e6f);
        weights["norm.bias"][2] = tensor(7e4f);
        Safetensors.Save(folder.PathOf("large.safetensors"), weights);
        var options = new ConversionOptions { DataType = ScalarType.Float16 };
        var error = await Assert.ThrowsAsync<CheckpointException>(() => WeightConversion.ConvertAsync(
            folder.PathOf("large.safetensors"), folder.PathOf("half.pth"), options,
            cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("'norm.bias'", error.Message, StringComparison.Ordinal);
        Assert.Contains("2 of its numbers cannot be held in float16", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.PathOf("half.pth")));
        await WeightConversion.ConvertAsync(
            folder.PathOf("large.safetensors"), folder.PathOf("half.pth"), options with { DataType = ScalarType.BFloat16 },
            cancellationToken: TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task ConvertAsync_puts_the_heads_of_one_file_on_the_backbone_of_another()
    {
        using var folder = new TemporaryFolder();
        var weights = CheckpointFile.LoadStateDict(small.Checkpoint);
        bool IsArks(string name) =>
            name.StartsWith("projector.", StringComparison.Ordinal) || name.StartsWith("omni_heads.", StringComparison.Ordinal);
        Safetensors.Save(folder.PathOf("base.safetensors"), weights.Where(w => !IsArks(w.Key)));
        Safetensors.Save(folder.PathOf("heads.safetensors"), weights.Where(w => IsArks(w.Key)));
        var only = Assert.Throws<CheckpointException>(() => ArkModel.Load(folder.PathOf("heads.safetensors")));
        Assert.Contains("only Ark's projector and heads", only.Message, StringComparison.Ordinal);

        await WeightConversion.ConvertAsync(
            folder.PathOf("base.safetensors"), folder.PathOf("whole.safetensors"),
            new ConversionOptions { Heads = folder.PathOf("heads.safetensors") },
            cancellationToken: TestContext.Current.CancellationToken);
        using var whole = ArkModel.Load(folder.PathOf("whole.safetensors"));
        Assert.All(whole.state_dict(), t => Assert.Equal(0, Reference.Deviation(t.Value, weights[t.Key])));
        foreach (var tensor in weights.Values) tensor.Dispose();

        using var other = new ArkModel(TinyModel.Configuration);
        other.save_py(folder.PathOf("other.pth"));
        var error = await Assert.ThrowsAsync<CheckpointException>(() => WeightConversion.ConvertAsync(
            folder.PathOf("base.safetensors"), folder.PathOf("b.pth"), new ConversionOptions { Heads = folder.PathOf("other.pth") },
            cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("do not fit", error.Message, StringComparison.Ordinal);
    }

    private sealed class Recorder(List<WorkProgress> moments) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => moments.Add(value);
    }
}
