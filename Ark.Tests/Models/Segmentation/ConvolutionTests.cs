using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public class ConvolutionTests
{
    /// <summary>The stock operator fails on most of these in single precision, and on none in double.</summary>
    [Theory]
    [InlineData(24, 24, 16)]
    [InlineData(40, 16, 8)]
    [InlineData(256, 1, 32)]
    [InlineData(32, 3, 4)]
    [InlineData(20, 48, 8)]
    [InlineData(32, 16, 8)]
    public void Map_and_gradients_are_those_of_double_precision(int inputs, int outputs, int side)
    {
        using var scope = NewDisposeScope();
        using var convolution = new Convolution(inputs, outputs, 3, hasBias: true);
        using var draws = new Generator(1);
        convolution.Initialize(draws);
        using (no_grad()) convolution.bias!.normal_(0, 1, draws);
        var map = randn([2, inputs, side, side], generator: draws).requires_grad_();
        var (exact, weight, bias) = (Exact(map), Exact(convolution.weight), Exact(convolution.bias!));

        var result = convolution.forward(map);
        var upstream = randn(result.shape, generator: draws);
        result.backward([upstream]);
        var expected = nn.functional.conv2d(exact, weight, bias, padding: [1, 1]);
        expected.backward([upstream.to(ScalarType.Float64)]);

        Reference.AssertClose("map", result, expected);
        Reference.AssertClose("gradient of the map", map.grad!, exact.grad!);
        Reference.AssertClose("gradient of the weight", convolution.weight.grad!, weight.grad!);
        Reference.AssertClose("gradient of the bias", convolution.bias!.grad!, bias.grad!);
    }

    private static Tensor Exact(Tensor tensor) => tensor.detach().to(ScalarType.Float64).requires_grad_();
}
