using Ark.Models;

namespace Ark.Tests.Models;

public class OtherNetworksTests
{
    [Theory]
    [InlineData("layers.0.blocks.0.attn.cpb_mlp.0.weight", "Swin Transformer V2")]
    [InlineData("cls_token", "Vision Transformer")]
    [InlineData("layer4.0.conv1.weight", "ResNet")]
    public void A_network_that_is_often_taken_for_ours_is_called_by_its_name(string mark, string name) =>
        Assert.Contains(name, OtherNetworks.WordsFor(["a.weight", mark]), StringComparison.Ordinal);

    [Fact]
    public void Nothing_is_said_of_what_nobody_knows() => Assert.Empty(OtherNetworks.WordsFor(["a.weight"]));
}
