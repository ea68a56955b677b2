using Ark.Training;
using static TorchSharp.torch;

namespace Ark.Tests.Training;

public unsafe class UpdateKernelTests
{
    // Whole vectors of any width, and some numbers more.
    private const int Count = 1037;

    [Theory]
    [InlineData(0, true)]
    [InlineData(1e-2, true)]
    [InlineData(1e-2, false)]
    public void Sgd_does_what_PyTorch_does_over_several_steps(double decay, bool nesterov)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var (expected, buffer) = (randn([Count], generator: generator), zeros([Count]));
        var (actual, kept) = (expected.clone(), zeros([Count]));
        for (var step = 0; step < 5; step++)
        {
            var gradient = randn([Count], generator: generator);
            var g = gradient + (decay * expected);
            buffer = (buffer * 0.9) + g;
            expected -= 0.05 * (nesterov ? g + (0.9 * buffer) : buffer);
            UpdateKernel.Sgd(Address(actual), Address(gradient), Address(kept), Count, (float)decay, 0.9f, 0.05f, nesterov);
        }

        RequireClose(expected, actual);
        RequireClose(buffer, kept);
    }

    [Fact]
    public void AdamW_does_what_PyTorch_does_over_several_steps()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var (expected, mean, square) = (randn([Count], generator: generator), zeros([Count]), zeros([Count]));
        var (actual, keptMean, keptSquare) = (expected.clone(), zeros([Count]), zeros([Count]));
        for (var step = 1; step <= 5; step++)
        {
            var gradient = randn([Count], generator: generator);
            expected *= 1 - (0.01 * 0.05);
            mean = (mean * 0.9) + (gradient * 0.1);
            square = (square * 0.999) + (gradient * gradient * 0.001);
            var (one, two) = (1 - Math.Pow(0.9, step), 1 - Math.Pow(0.999, step));
            expected -= mean / ((square.sqrt() / Math.Sqrt(two)) + 1e-8) * (0.01 / one);
            UpdateKernel.AdamW(
                Address(actual), Address(gradient), Address(keptMean), Address(keptSquare), Count,
                new AdamFactors(0.9f, 0.1f, 0.999f, 0.001f, (float)Math.Sqrt(two), 1e-8f, 1 - (0.01f * 0.05f), (float)(-0.01 / one)));
        }

        RequireClose(expected, actual);
        RequireClose(mean, keptMean);
        RequireClose(square, keptSquare);
    }

    [Fact]
    public void Follow_and_SquareSum_take_every_number_once()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5);
        var (follower, followed) = (randn([Count], generator: generator), randn([Count], generator: generator));
        var expected = (follower * 0.75) + (followed * 0.25);
        UpdateKernel.Follow(Address(follower), Address(followed), Count, 0.75f, 0.25f);
        RequireClose(expected, follower);
        var squares = followed.to(ScalarType.Float64).pow(2).sum().item<double>();
        Assert.Equal(squares, UpdateKernel.SquareSum(Address(followed), Count), 1e-9 * squares);
    }

    [Fact]
    public void Optimizer_in_memory_gives_the_numbers_of_the_operators()
    {
        // A transposed weight is out of its reach, and is updated by libtorch's operators.
        using var one = Linear();
        using var other = Linear();
        foreach (var kind in Enum.GetValues<OptimizerKind>())
        {
            var settings = new OptimizerSettings { Kind = kind, WeightDecay = 0.1 };
            using var fused = new StudentOptimizer(one, settings, 0.1);
            using var plain = new StudentOptimizer(other, settings, 0.1);
            using var generator = new Generator(6);
            for (var step = 0; step < 3; step++)
            {
                using var scope = NewDisposeScope();
                var gradient = randn([7, 5], generator: generator);
                one.weight!.grad = gradient.clone();
                other.weight!.grad = gradient.t().contiguous().t();
                Assert.Equal(fused.GradientNorm(), plain.GradientNorm(), 1e-5);
                fused.Step();
                plain.Step();
            }

            RequireClose(other.weight!, one.weight!);
        }

        static TorchSharp.Modules.Linear Linear()
        {
            using var generator = new Generator(1);
            using var weight = randn([7, 5], generator: generator);
            return nn.Linear(nn.Parameter(weight.clone().DetachFromDisposeScope()), null);
        }
    }

    private static float* Address(Tensor tensor) => (float*)TensorMemory.AddressOf(tensor);

    private static void RequireClose(Tensor expected, Tensor actual) =>
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 1e-6f * expected.abs().max().item<float>());
}
