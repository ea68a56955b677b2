using Ark.Models;

namespace Ark.Tests.Models;

/// <summary>Files whose few tensors would make a network of another size than theirs.</summary>
public class ImplausibleWeightsTests
{
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
