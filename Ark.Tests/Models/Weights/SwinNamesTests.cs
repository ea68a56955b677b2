using Ark.Models;
using FsCheck.Xunit;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class SwinNamesTests
{
    [Theory]
    [InlineData("swin_tiny")]
    [InlineData("swin_base")]
    [InlineData("swin_mini")]
    public void Names_of_later_timm_lead_back_to_ours(string variant)
    {
        using var network = SwinTransformer.Allocate(SwinVariants.Get(variant) with { NumClasses = 5 }, META);
        var ours = network.state_dict().Keys.Where(n => SwinNames.ToLaterTimm(n) is not null).ToList();
        var theirs = ours.Select(n => SwinNames.ToLaterTimm(n)!).ToList();
        var back = SwinNames.FromFile(theirs);
        Assert.Equal(ours, theirs.Select(n => back.GetValueOrDefault(n, n)));
        Assert.Contains("layers.1.downsample.reduction.weight", theirs);
        Assert.DoesNotContain(theirs, n => n.StartsWith("layers.0.downsample.", StringComparison.Ordinal));
        Assert.Contains("head.fc.weight", theirs);
        Assert.DoesNotContain(
            theirs,
            n => n.EndsWith("attn_mask", StringComparison.Ordinal) || n.EndsWith("relative_position_index", StringComparison.Ordinal));
    }

    [Fact]
    public void Our_own_names_stay()
    {
        using var network = SwinTransformer.Allocate(SwinVariants.Get("swin_tiny"), META);
        Assert.Empty(SwinNames.FromFile([.. network.state_dict().Keys]));
    }

    [Fact]
    public void Norm_of_a_detectors_last_stage_is_the_networks_own_where_that_is_missing()
    {
        string[] detector = ["patch_embed.proj.weight", "norm0.weight", "norm0.bias", "norm3.weight", "norm3.bias"];
        var renamed = SwinNames.FromFile(detector);
        Assert.Equal([("norm3.bias", "norm.bias"), ("norm3.weight", "norm.weight")], renamed
            .OrderBy(n => n.Key, StringComparer.Ordinal).Select(n => (n.Key, n.Value)));
        Assert.Empty(SwinNames.FromFile([.. detector, "norm.weight"]));
    }

    [Property]
    public bool Any_names_give_unique_renamings_of_names_that_are_there(string[] names)
    {
        var known = names.Where(n => n is not null).Concat(
        [
            "layers.2.downsample.norm.weight", "layers.99999999999.downsample.x", "layers..downsample.", "layers.-1.downsample.x"
        ]).Distinct().ToList();
        var renamed = SwinNames.FromFile(known);
        return renamed.Keys.All(known.Contains) && renamed.Values.Distinct().Count() == renamed.Count;
    }
}
