using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class SoftDiceTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Loss_is_that_of_the_known_pixels_alone(bool withCrossEntropy)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var (logits, target) = (randn(2, 3, 4, 6, generator: generator), randn(2, 3, 4, 6, generator: generator).gt(0).to(float32));
        Tensor Of(Tensor scores, Tensor masks, Tensor? known) => withCrossEntropy
            ? SoftDice.WithCrossEntropy(scores, masks, known)
            : SoftDice.Loss(scores.sigmoid(), masks, known);

        // The last two columns are left out: what stands there must not matter, and the loss is that of the others.
        var known = ones(2, 3, 4, 6);
        known.narrow(3, 4, 2).zero_();
        var others = logits.clone();
        others.narrow(3, 4, 2).fill_(7);
        var expected = Of(logits.narrow(3, 0, 4), target.narrow(3, 0, 4), null).item<float>();
        Assert.Equal(expected, Of(logits, target * known, known).item<float>(), 1e-6f);
        Assert.Equal(expected, Of(others, target * known, known).item<float>(), 1e-6f);
        Assert.NotEqual(expected, Of(others, target, null).item<float>(), 1e-2f);
        Assert.Equal(Of(logits, target, null).item<float>(), Of(logits, target, ones(2, 3, 4, 6)).item<float>(), 1e-6f);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_known_gives_the_loss_0_and_the_gradient_0(bool withCrossEntropy)
    {
        using var scope = NewDisposeScope();
        var (logits, nothing) = (ones(2, 2, 4, 4).requires_grad_(), zeros(2, 2, 4, 4));
        var loss = withCrossEntropy
            ? SoftDice.WithCrossEntropy(logits, nothing, nothing)
            : SoftDice.Loss(logits.sigmoid(), nothing, nothing);
        loss.backward();
        Assert.Equal(0, loss.item<float>());
        Assert.All(logits.grad!.data<float>().ToArray(), g => Assert.Equal(0, g));
    }
}
