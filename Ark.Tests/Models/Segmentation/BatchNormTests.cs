using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class BatchNormTests
{
    [Fact]
    public void Outputs_gradients_and_statistics_are_those_of_libtorch()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var (theirs, ours) = (nn.BatchNorm2d(6), new BatchNorm(6));
        using (no_grad())
        {
            theirs.weight!.copy_(rand([6], generator: generator));
            theirs.bias!.copy_(rand([6], generator: generator));
            ours.weight.copy_(theirs.weight);
            ours.bias.copy_(theirs.bias);
        }

        Assert.Equal(theirs.state_dict().Keys, ours.state_dict().Keys);
        foreach (var training in (bool[])[true, true, false])
        {
            theirs.train(training);
            ours.train(training);
            var (expected, actual) = (randn([3, 6, 5, 4], generator: generator).requires_grad_(), zeros(0));
            actual = expected.detach().clone().requires_grad_();
            var (left, right) = (theirs.forward(expected), ours.forward(actual));
            Assert.True(left.equal(right).all().item<bool>());
            left.square().sum().backward();
            right.square().sum().backward();
            Assert.True(expected.grad!.equal(actual.grad!).all().item<bool>());
            Assert.True(theirs.weight!.grad!.equal(ours.weight.grad!).all().item<bool>());
            foreach (var (name, tensor) in theirs.state_dict()) Assert.True(tensor.equal(ours.state_dict()[name]).all().item<bool>(), name);
        }
    }

    [Fact]
    public void Double_precision_moves_the_statistics_as_single_does()
    {
        using var scope = NewDisposeScope();
        var (single, @double) = (new BatchNorm(4), new BatchNorm(4));
        var values = randn(8, 4);
        var expected = single.forward(values);
        var actual = @double.InDoublePrecision(values.to(ScalarType.Float64));
        Assert.True(allclose(expected, actual.to(ScalarType.Float32), 1e-5, 1e-6));
        foreach (var (name, tensor) in single.state_dict()) Assert.True(
            allclose(tensor.to(ScalarType.Float32), @double.state_dict()[name].to(ScalarType.Float32), 1e-5, 1e-7), name);
        Assert.Equal(1, @double.num_batches_tracked.item<long>());
    }
}
