using Ark.Inference;
using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Recorded;

/// <summary>Files as other programs write them, all of the weights of one: each gives the same features.</summary>
public class FieldWeightsTests
{
    [Theory]
    [InlineData("41_orig_mod/compiled.pth")]
    [InlineData("41_orig_mod/ddp_outside.pth")]
    [InlineData("43_timm_train/deit.pth")]
    [InlineData("43_timm_train/last.pth.tar")]
    [InlineData("43_timm_train/net_and_ema.pth")]
    [InlineData("44_tutorial/a.pt")]
    [InlineData("44_tutorial/split_in_two.pt")]
    [InlineData("45_metadata/structured.pth")]
    [InlineData("45_metadata/tensor_set.pth")]
    [InlineData("45_metadata/ConfigDict_mmengine.pth")]
    [InlineData("45_metadata/uuid.pth")]
    [InlineData("46_simmim/simmim.pth")]
    [InlineData("47_hf/model.safetensors")]
    [InlineData("49_shards/model.safetensors.index.json")]
    [InlineData("49_shards/hf")]
    [InlineData("54_timm1/model.safetensors")]
    public void A_file_of_the_field_gives_the_features_of_the_weights_that_it_was_made_of(string file)
    {
        var (path, known) = (Fixture.BesideOf(["field", .. file.Split('/')]), Fixture.BesideOf("field", "40_base", "base.pth"));
        Assert.SkipWhen(path is null || known is null, "Needs files of other programs in ../shared/field beside the repository.");
        using var scope = NewDisposeScope();
        using var expected = ArkModel.Load(known);
        using var loaded = LoadedModel.Load(
            path, ModelRole.Teacher, "cpu", InferencePrecision.Fp32, nestedKey: null, options: null, imageSize: null, orBackbone: true);
        var images = rand(2, 3, 32, 32, generator: new Generator(5));
        Reference.AssertClose(
            file, loaded.Model.Embed(images, afterProjector: false), expected.Embed(images, afterProjector: false));
    }
}
