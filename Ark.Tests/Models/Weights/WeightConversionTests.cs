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

    private sealed class Recorder(List<WorkProgress> moments) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => moments.Add(value);
    }
}
