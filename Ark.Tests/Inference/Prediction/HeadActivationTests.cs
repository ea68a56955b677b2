using Ark.Inference;

namespace Ark.Tests.Inference;

public class HeadActivationTests
{
    [Theory]
    [InlineData("multilabel", LabelTask.MultiLabel)]
    [InlineData("multiclass", LabelTask.MultiClass)]
    public void Probabilities_of_ten_views_are_averaged_as_published(string name, LabelTask task)
    {
        var recorded = Safetensors.Load(Fixture.PathOf("08_metrics", "tencrop_aggregation.safetensors"));
        using var logits = recorded[$"{name}.logits"];
        var (images, labels) = ((int)logits.shape[0], (int)logits.shape[2]);
        var activation = HeadActivation.Of(new LabelSchema(task, [.. Enumerable.Range(0, labels).Select(k => $"label {k}")]));
        var values = logits.data<float>().ToArray();
        var expected = recorded[$"{name}.p_test"].data<float>().ToArray();
        for (var i = 0; i < images; i++)
        {
            var actual = activation.MeanOverViews(values.AsSpan(i * 10 * labels, 10 * labels));
            for (var k = 0; k < labels; k++) Assert.Equal(expected[(i * labels) + k], actual[k], 1e-6);
        }
    }

    [Fact]
    public void A_head_of_one_output_is_a_sigmoid() =>
        Assert.Equal([0.5], HeadActivation.Of(new LabelSchema(LabelTask.Binary, ["finding"])).MeanOverViews(new float[10]));
}
