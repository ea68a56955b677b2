using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class SwinVariantsTests
{
    [Theory]
    [InlineData("timm_swin_tiny_patch4_window7_224", "swin_tiny_patch4_window7_224")]
    [InlineData("timm_swin_small_patch4_window7_224", "swin_small_patch4_window7_224")]
    [InlineData("timm_swin_base_patch4_window7_224", "swin_base_patch4_window7_224")]
    [InlineData("timm_swin_base_patch4_window12_384", "swin_base_patch4_window12_384")]
    [InlineData("timm_swin_large_patch4_window7_224", "swin_large_patch4_window7_224")]
    [InlineData("timm_swin_large_patch4_window12_384", "swin_large_patch4_window12_384")]
    public void Variant_has_the_state_dict_of_timm(string table, string name)
    {
        using var model = SwinTransformer.Allocate(SwinVariants.Get(name), META);
        AssertTable(table, model);
    }

    [Theory]
    [InlineData("ark6_swin_base_mlp1376", "swin_base")]
    [InlineData("arkplus_swin_large_384", "swin_large_384")]
    [InlineData("arkplus_swin_large_768", "swin_large_768")]
    public void Ark_model_on_a_variant_has_the_state_dict_of_the_published_checkpoints(string table, string name)
    {
        var heads = Reference.Json("03_swin_base", "tables", $"{table}.json").GetProperty("meta").GetProperty("heads");
        using var model = ArkModel.Allocate(
            new ArkModelConfiguration
            {
                Backbone = SwinVariants.Get(name),
                Heads = [.. heads.EnumerateArray().Select(h => new ArkHead(h[0].GetString()!, h[1].GetInt32()))],
            },
            META);
        AssertTable(table, model);
    }

    [Fact]
    public void Ark_plus_at_1152_pixels_has_the_weights_of_768_pixels_and_larger_masks()
    {
        using var smaller = SwinTransformer.Allocate(SwinVariants.Get("swin_large_768"), META);
        using var larger = SwinTransformer.Allocate(SwinVariants.Get("swin_large_1152"), META);
        Assert.Equal(
            smaller.named_parameters().Select(p => (p.name, Shape(p.parameter))),
            larger.named_parameters().Select(p => (p.name, Shape(p.parameter))));
        Assert.Equal([576, 144, 144], larger.state_dict()["layers.0.blocks.1.attn_mask"].shape);
    }

    [Fact]
    public void Every_name_gives_a_valid_configuration_and_short_names_the_same_as_long_ones()
    {
        Assert.All(SwinVariants.Names, name => SwinVariants.Get(name).Validate());
        Assert.Same(SwinVariants.Get("swin_base").Depths, SwinVariants.Get("SWIN_BASE_PATCH4_WINDOW7_224").Depths);
        Assert.Equal("swin_large_patch4_window12_768", SwinVariants.Get("swin_large_768").Name);
    }

    [Fact]
    public void Unknown_name_is_refused_with_the_known_names_and_the_nearest()
    {
        var error = Assert.Throws<ArkInputException>(() => SwinVariants.Get("swin_lage_384"));
        Assert.Contains("'swin_lage_384'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'swin_large_384'?", error.Message, StringComparison.Ordinal);
        Assert.All(SwinVariants.Names, name => Assert.Contains(name, error.Message, StringComparison.Ordinal));
    }

    private static void AssertTable(string table, SwinBackbone model)
    {
        var entries = Reference.Json("03_swin_base", "tables", $"{table}.json").GetProperty("entries");
        Assert.Equal(Reference.Listing(entries), Reference.Listing(model));
        var parameters = model.named_parameters().Select(p => p.name).ToHashSet(StringComparer.Ordinal);
        Assert.All(entries.EnumerateArray(), e => Assert.Equal(e[3].GetString() == "parameter", parameters.Contains(e[0].GetString()!)));
    }

    private static string Shape(Tensor tensor) => string.Join(',', tensor.shape);
}
