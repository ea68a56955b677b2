using Ark.Training;

namespace Ark.Tests.Training;

public class LayerRatesTests
{
    [Fact]
    public void Layers_learn_slower_the_deeper_they_lie()
    {
        var rates = new LayerRates(SmallModel.Configuration.Backbone, 0.5);
        Assert.Equal([0.125, 0.125, 0.25, 0.25, 0.5, 1, 1], ((string[])
        [
            "patch_embed.proj.weight", "absolute_pos_embed", "layers.0.blocks.0.attn.qkv.weight", "layers.0.downsample.reduction.weight",
            "layers.1.blocks.0.norm1.bias", "norm.weight", "omni_heads.0.weight"
        ]).Select(rates.Of));
    }
}
