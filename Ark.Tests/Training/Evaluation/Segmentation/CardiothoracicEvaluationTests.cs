using Ark.Evaluation;

namespace Ark.Tests.Training;

public class CardiothoracicEvaluationTests
{
    [Fact]
    public void Means_are_over_the_images_that_have_the_ratios()
    {
        Assert.Null(CardiothoracicEvaluation.Of([(null, 0.5), (null, null)]));
        var alone = CardiothoracicEvaluation.Of([(0.4, null), (0.6, null)])!;
        Assert.Equal((2, 0.5, 0, null, null), (alone.Images, alone.Found, alone.Compared, alone.Truth, alone.Difference));
        var both = CardiothoracicEvaluation.Of([(0.4, 0.5), (0.6, null), (0.5, 0.3), (null, 0.9)])!;
        Assert.Equal((3, 2), (both.Images, both.Compared));
        Assert.Equal([0.5, 0.4, 0.15], new[] { both.Found, both.Truth!.Value, both.Difference!.Value }.Select(v => Math.Round(v, 12)));
        Assert.Equal(0.15, (double)both.ToJson()["mean_absolute_difference"]!, 1e-12);
    }
}
