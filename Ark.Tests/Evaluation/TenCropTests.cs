using Ark.Evaluation;
using static TorchSharp.torch;

namespace Ark.Tests.Evaluation;

public class TenCropTests
{
    [Theory]
    [InlineData("multilabel", LabelTask.MultiLabel)]
    [InlineData("multiclass", LabelTask.MultiClass)]
    public void Probabilities_of_ten_views_are_averaged_as_published(string name, LabelTask task)
    {
        using var scope = NewDisposeScope();
        var recorded = Safetensors.Load(Fixture.PathOf("08_metrics", "tencrop_aggregation.safetensors"));
        var actual = SplitReader.Probabilities(recorded[$"{name}.logits"], task);
        Assert.True((actual - recorded[$"{name}.p_test"]).abs().max().item<float>() < 1e-6f);
    }

    [Fact]
    public void A_head_of_one_output_is_a_sigmoid()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(0.5f, SplitReader.Probabilities(zeros(2, 10, 1), LabelTask.Binary)[0, 0].item<float>());
    }
}
