using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Tests.Models;

public unsafe class LinearLayerTests
{
    /// <summary>
    /// Depths that vectors do not divide, and one that is gone through in two parts; columns that panels do not divide; rows of one and of
    /// several pieces.
    /// </summary>
    [Theory]
    [InlineData(1, 4, 5, 1)]
    [InlineData(9, 20, 16, 2)]
    [InlineData(49, 96, 130, 1)]
    [InlineData(300, 68, 70, 2)]
    [InlineData(17, 2304, 20, 2)]
    public void Integers_give_what_their_numbers_mean(int rows, int depth, int columns, int threads)
    {
        Assert.SkipUnless(KernelWidth.IsSupported && Int8Kernel.IsSupported, Int8Kernel.Obstacle ?? "The processor has no AVX-512.");
        const int Scaled = 3;
        const float Scale = 0.25f;
        using var scope = NewDisposeScope();
        var weight = randn([columns, depth], generator: new Generator(1));
        var bias = randn([columns], generator: new Generator(2));
        var x = randn([rows, depth], generator: new Generator(3)) + 0.5;
        using var packed = PackedMatrix.Create(weight, bias, [columns, depth], null, InferencePrecision.Int8, Scaled, Scale);
        var (ld, ldOutput) = (VectorMath.Pad(depth), VectorMath.Pad(columns));
        using var input = new NativeBuffer((rows + 16L) * ld);
        using var factors = new NativeBuffer((rows + 16L) * Int8Rows.Factors * sizeof(float));
        using var output = new NativeBuffer((rows + 16L) * ldOutput * sizeof(float));
        using var row = new NativeBuffer(ld * sizeof(float));
        var numbers = x.data<float>().ToArray();
        for (var r = 0; r < rows; r++)
        {
            numbers.AsSpan(r * depth, depth).CopyTo(new Span<float>(row.Pointer, depth));
            Int8Rows.Round(row.Floats, depth, (byte*)input.Pointer + (r * ld), factors.Floats + (r * Int8Rows.Factors));
        }

        WorkerTeam.Shared.Run(threads, worker =>
        {
            using var scratch = new NativeBuffer(LinearLayer.ScratchSize * sizeof(float));
            new LinearLayer(packed, Finish.Bias, input, ld, rows, output, ldOutput, outputIsBf16: false, default) { RowFactors = factors }
                .Run(worker, scratch);
            worker.Meet();
        });

        // The same integers, multiplied as doubles.
        var steps = weight.abs().amax([1], keepdim: true) / 127f;
        var weights = (weight / steps).round().to(ScalarType.Float64) * steps.to(ScalarType.Float64);
        weights.narrow(0, 0, Scaled).mul_(Scale);
        var meant = empty([rows, depth], ScalarType.Float64);
        for (var r = 0; r < rows; r++)
        {
            var (step, least) = (factors.Floats[2 * r], factors.Floats[(2 * r) + 1]);
            meant[r].copy_(tensor(Enumerable.Range(0, depth).Select(
                d => least + ((double)step * ((byte*)input.Pointer)[(r * ld) + d])).ToArray()));
        }

        var offsets = bias.to(ScalarType.Float64);
        offsets.narrow(0, 0, Scaled).mul_(Scale);
        var expected = meant.matmul(weights.t()) + offsets;
        var got = tensor(
            Enumerable.Range(0, rows * columns).Select(i => output.Floats[(i / columns * ldOutput) + (i % columns)]).ToArray(),
            [rows, columns]);
        Reference.AssertClose("layer", got, expected);
        // And what they mean is near what they stand for.
        var exact = x.matmul(weight.t()).to(ScalarType.Float64);
        exact.narrow(1, 0, Scaled).mul_(Scale);
        Assert.InRange(Reference.Deviation(got.to(ScalarType.Float64), exact + offsets), 1e-6, 0.02);
    }
}
