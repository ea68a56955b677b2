using System.Text.Json;
using Ark.Models;

namespace Ark.Tests.Models;

public class WeightRecognitionTests
{
    [Theory]
    [InlineData("timm_swin_tiny_patch4_window7_224")]
    [InlineData("timm_swin_small_patch4_window7_224")]
    [InlineData("timm_swin_base_patch4_window7_224")]
    [InlineData("timm_swin_base_patch4_window12_384")]
    [InlineData("timm_swin_large_patch4_window7_224")]
    [InlineData("timm_swin_large_patch4_window12_384")]
    public void A_state_dict_of_timm_is_recognized_old_or_new(string table)
    {
        var shapes = Table(table);
        var old = WeightRecognition.Recognize(shapes)!;
        Assert.Equal(table["timm_".Length..], old.Backbone.Name);
        Assert.Equal(SwinVariants.Get(old.Backbone.Name), old.Backbone with
        {
            Depths = SwinVariants.Get(old.Backbone.Name).Depths,
            NumHeads = SwinVariants.Get(old.Backbone.Name).NumHeads
        });
        Assert.Equal(WeightLayout.Swin, old.Layout);

        var later = WeightRecognition.Recognize(
            shapes.Where(s => SwinNames.ToLaterTimm(s.Key) is not null).ToDictionary(s => SwinNames.ToLaterTimm(s.Key)!, s => s.Value))!;
        Assert.Equal(
            (old.Backbone.Name, old.Backbone.ImageHeight, WeightLayout.Timm),
            (later.Backbone.Name, later.Backbone.ImageHeight, later.Layout));
    }

    [Theory]
    [InlineData("ark6_swin_base_mlp1376", "swin_base_patch4_window7_224 with an MLP projector of 1376 and 6 heads (14, 14, 14, 3, 6, 1)")]
    [InlineData("arkplus_swin_large_384", "swin_large_patch4_window12_384 with an MLP projector of 1376 and 6 heads (14, 14, 14, 3, 6, 1)")]
    [InlineData("arkplus_swin_large_768", "swin_large_patch4_window12_768 with an MLP projector of 1376 and 6 heads (14, 14, 14, 3, 6, 1)")]
    public void A_state_dict_of_ark_is_recognized_and_put_into_words(string table, string words) =>
        Assert.Equal(words, WeightRecognition.Recognize(Table(table))!.ToString());

    [Fact]
    public void An_image_size_that_no_variant_has_is_read_from_the_masks()
    {
        var shapes = Table("timm_swin_base_patch4_window7_224");
        foreach (var (name, shape) in shapes
            .Where(s => s.Key.EndsWith("attn_mask", StringComparison.Ordinal))
            .ToList()) shapes[name] = [shape[0] * 4, 49, 49];
        // The last stage is more than one window then.
        shapes["layers.3.blocks.1.attn_mask"] = [4, 49, 49];
        var recognized = WeightRecognition.Recognize(shapes)!;
        Assert.Equal(("swin_base_patch4_window7_224", 448), (recognized.Backbone.Name, recognized.Backbone.ImageHeight));
        Assert.StartsWith("swin_base_patch4_window7_224 at 448 pixels without", recognized.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a_img64_w8_d24")]
    [InlineData("b_img56_w7_d16")]
    [InlineData("d_img112_w7_d12")]
    public void Small_unnamed_networks_are_recognized_with_their_image_size(string name)
    {
        var arguments = Reference.Json("01_swin_tiny", name, "config.json").GetProperty("kwargs");
        var expected = Reference.Configuration(arguments);
        using var scope = TorchSharp.torch.NewDisposeScope();
        var shapes = Reference.Tensors("01_swin_tiny", name, "weights.safetensors").ToDictionary(t => t.Key, t => t.Value.shape);
        var backbone = WeightRecognition.Recognize(shapes)!.Backbone;
        using var ours = SwinTransformer.Allocate(backbone, TorchSharp.torch.META);
        using var wanted = SwinTransformer.Allocate(expected, TorchSharp.torch.META);
        Assert.Equal(Reference.Listing(wanted), Reference.Listing(ours));
    }

    [Theory]
    [InlineData("layers.0.blocks.0.attn.qkv.weight", new long[] { 9, 128 })]
    [InlineData("layers.0.blocks.0.attn.relative_position_bias_table", new long[] { 168, 4 })]
    [InlineData("layers.3.blocks.1.mlp.fc2.weight", new long[] { 1, 1 })]
    [InlineData("layers.1.downsample.reduction.weight", new long[] { 1, 1 })]
    [InlineData("patch_embed.proj.weight", new long[] { 1L << 60, 3, 4, 4 })]
    [InlineData("patch_embed.proj.weight", new long[] { 128, 3, 0, 0 })]
    [InlineData("head.weight", new long[] { 1000, 1 })]
    [InlineData("omni_heads.3.weight", new long[] { 3, 1 })]
    [InlineData("projector.2.weight", new long[] { 1376, 1 })]
    public void Sizes_that_contradict_each_other_are_not_recognized(string name, long[] shape)
    {
        var shapes = Table("ark6_swin_base_mlp1376");
        Assert.NotNull(WeightRecognition.Recognize(shapes));
        shapes[name] = shape;
        Assert.Null(WeightRecognition.Recognize(shapes));
    }

    [Fact]
    public void Any_one_missing_weight_matrix_of_a_block_is_noticed()
    {
        var shapes = Table("timm_swin_tiny_patch4_window7_224");
        foreach (var name in shapes.Keys.Where(k => k.Contains(".mlp.", StringComparison.Ordinal)
            && k.EndsWith("weight", StringComparison.Ordinal)).ToList())
        {
            var without = shapes.Where(s => s.Key != name).ToDictionary(s => s.Key, s => s.Value);
            Assert.Null(WeightRecognition.Recognize(without));
        }
    }

    [Theory]
    [InlineData(7, 2, true)]
    [InlineData(24, 4, true)]
    [InlineData(65, 1, false)]
    [InlineData(200, 1, false)]
    [InlineData(64, 1, true)]
    [InlineData(64, 4, false)]
    public void Windows_whose_indices_are_much_larger_than_the_file_are_no_network(int window, int depth, bool known)
    {
        var shapes = Network([depth], [window]);
        Assert.Equal(known, WeightRecognition.Recognize(shapes) is not null);
    }

    [Fact]
    public void Stages_with_windows_of_their_own_are_another_network()
    {
        Assert.NotNull(WeightRecognition.Recognize(Network([2, 2], [7, 7])));
        Assert.Null(WeightRecognition.Recognize(Network([2, 2], [7, 14])));
    }

    [Fact]
    public void A_mask_of_an_image_that_is_not_square_is_not_read_as_a_square_one()
    {
        var shapes = Network([2, 2], [7, 7]);
        shapes["layers.0.blocks.1.attn_mask"] = [16, 49, 49];
        Assert.Equal(28 * 4, WeightRecognition.Recognize(shapes)!.ToConfiguration().Backbone.ImageHeight);
        shapes["layers.0.blocks.1.attn_mask"] = [8, 49, 49];
        Assert.Null(WeightRecognition.Recognize(shapes));
    }

    [Fact]
    public void Two_by_eight_windows_are_not_taken_for_four_by_four()
    {
        var shapes = Network([2, 2], [7, 7]);
        shapes["layers.0.blocks.0.attn.relative_position_index"] = [49, 49];
        shapes["layers.0.blocks.1.attn_mask"] = [16, 49, 49];
        Assert.Null(WeightRecognition.Recognize(shapes));
        Assert.Contains("not square", WeightRecognition.WhyNot(shapes)!, StringComparison.Ordinal);
        shapes["layers.1.blocks.1.attn_mask"] = [4, 49, 49];
        Assert.Equal(112, WeightRecognition.Recognize(shapes)!.Backbone.ImageHeight);
    }

    [Theory]
    [InlineData("layers.0.blocks.1.attn_mask", new long[] { 8, 49, 49 })]
    [InlineData("absolute_pos_embed", new long[] { 1, 14 * 28, 8 })]
    public void Images_that_are_not_square_are_the_reason_that_is_given(string name, long[] shape)
    {
        var shapes = Network([2, 2], [7, 7]);
        shapes[name] = shape;
        Assert.Null(WeightRecognition.Recognize(shapes));
        Assert.Contains("not square", WeightRecognition.WhyNot(shapes)!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("V2", "layers.0.blocks.0.attn.cpb_mlp.0.weight")]
    [InlineData("torchvision", "features.1.0.norm1.weight", "features.0.0.weight")]
    [InlineData("Vision Transformer", "cls_token", "patch_embed.proj.weight", "blocks.0.attn.qkv.weight")]
    [InlineData("ResNet", "conv1.weight", "layer1.0.conv1.weight")]
    [InlineData("DenseNet", "features.denseblock1.denselayer1.norm1.weight")]
    [InlineData("only Ark's projector and heads", "projector.weight", "omni_heads.0.weight", "omni_heads.0.bias")]
    public void Other_networks_are_called_by_their_names(string word, params string[] names)
    {
        var shapes = names.ToDictionary(n => n, _ => new long[] { 1 });
        Assert.Null(WeightRecognition.Recognize(shapes));
        Assert.Contains(word, WeightRecognition.WhyNot(shapes)!, StringComparison.Ordinal);
        Assert.Null(WeightRecognition.WhyNot(new Dictionary<string, long[]> { ["a"] = [1] }));
    }

    /// <summary>What stays of a table when nothing that follows from the shape is stored.</summary>
    internal static Dictionary<string, long[]> WithoutMasks(Dictionary<string, long[]> shapes) =>
        shapes.Where(s => !HarmlessNames.IsRecomputed(s.Key)).ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal);

    internal static Dictionary<string, long[]> Table(
        string table) => Reference.Json("03_swin_base", "tables", table + ".json").GetProperty("entries").EnumerateArray()
        .ToDictionary(
            e => e[0].GetString()!, e => e[1].EnumerateArray().Select((JsonElement s) => s.GetInt64()).ToArray(), StringComparer.Ordinal);

    private static Dictionary<string, long[]> Network(int[] depths, int[] windows)
    {
        var shapes = new Dictionary<string, long[]>(StringComparer.Ordinal) { ["patch_embed.proj.weight"] = [8, 3, 4, 4] };
        for (var stage = 0; stage < depths.Length; stage++)
        {
            long channels = 8 << stage;
            for (var block = 0; block < depths[stage]; block++)
            {
                var name = $"layers.{stage}.blocks.{block}.";
                shapes[name + "norm1.weight"] = [channels];
                shapes[name + "attn.relative_position_bias_table"] = [((2 * windows[stage]) - 1) * ((2 * windows[stage]) - 1), 1];
                shapes[name + "attn.qkv.weight"] = [3 * channels, channels];
                shapes[name + "attn.proj.weight"] = [channels, channels];
                shapes[name + "mlp.fc1.weight"] = [4 * channels, channels];
                shapes[name + "mlp.fc2.weight"] = [channels, 4 * channels];
            }

            if (stage + 1 < depths.Length) shapes[$"layers.{stage}.downsample.reduction.weight"] = [2 * channels, 4 * channels];
        }

        return shapes;
    }
}
