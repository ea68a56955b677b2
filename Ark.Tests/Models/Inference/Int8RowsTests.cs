using Ark.Models;

namespace Ark.Tests.Models;

public unsafe class Int8RowsTests
{
    [Theory]
    [InlineData(3, 0f, 1f)]
    [InlineData(16, 0f, 1f)]
    [InlineData(20, 7f, 1f)]
    [InlineData(48, -0.17f, 5f)]
    [InlineData(512, 1000f, 0.01f)]
    [InlineData(2064, -3f, 1e-30f)]
    public void Numbers_differ_by_at_most_half_a_step(int count, float middle, float spread)
    {
        Assert.SkipUnless(KernelWidth.IsSupported, "Rows are rounded by the kernels of AVX-512.");
        var random = new Random(count);
        var row = Enumerable.Range(0, count).Select(_ => middle + (spread * ((2 * random.NextSingle()) - 1))).ToArray();
        var (rounded, step, least) = Round(row);
        Assert.Equal(row.Min(), least);
        Assert.Equal((row.Max() - row.Min()) / 255, step);
        for (var i = 0; i < count; i++)
            Assert.Equal(row[i], least + ((double)step * rounded[i]), (step * 0.5001) + (1e-6 * Math.Abs(row[i])));
        if (step > 0) Assert.Equal((0, 255), (rounded.Min(), rounded.Max()));
    }

    [Fact]
    public void Rows_of_bfloat16_are_rounded_like_those_of_the_same_numbers_in_single_precision()
    {
        Assert.SkipUnless(KernelWidth.IsSupported, "Rows are rounded by the kernels of AVX-512.");
        var random = new Random(1);
        var half = Enumerable.Range(0, 80).Select(_ => VectorMath.ToBf16((random.NextSingle() * 8) - 1)).ToArray();
        var rounded = new byte[half.Length];
        var factors = new float[Int8Rows.Factors];
        fixed (ushort* from = half)
        fixed (byte* to = rounded)
        fixed (float* described = factors)
            Int8Rows.Round(from, half.Length, to, described);
        var (expected, step, least) = Round([.. half.Select(h => BitConverter.UInt32BitsToSingle((uint)h << 16))]);
        Assert.Equal(expected, rounded);
        Assert.Equal([step, least], factors);
    }

    [Fact]
    public void Row_of_one_number_is_that_number()
    {
        Assert.SkipUnless(KernelWidth.IsSupported, "Rows are rounded by the kernels of AVX-512.");
        var (rounded, step, least) = Round([.. Enumerable.Repeat(-2.5f, 32)]);
        Assert.Equal((0f, -2.5f), (step, least));
        Assert.All(rounded, q => Assert.Equal(0, q));
    }

    [Theory]
    [InlineData(0, float.NaN)]
    [InlineData(37, float.NaN)]
    [InlineData(37, float.PositiveInfinity)]
    [InlineData(63, float.NegativeInfinity)]
    public void What_is_no_number_stays_none(int place, float value)
    {
        Assert.SkipUnless(KernelWidth.IsSupported, "Rows are rounded by the kernels of AVX-512.");
        var row = Enumerable.Range(0, 64).Select(i => (float)i).ToArray();
        row[place] = value;
        var (_, step, least) = Round(row);
        var sums = Enumerable.Repeat(3, 16).ToArray();
        var (factors, columns) = (new[] { step, least }, Enumerable.Repeat(1f, 16).ToArray());
        fixed (int* values = sums)
        fixed (float* ofRow = factors)
        fixed (float* ofColumns = columns)
            Int8Rows.Rescale(values, ofRow, ofColumns, ofColumns, 16);
        Assert.All(sums, s => Assert.False(float.IsFinite(BitConverter.Int32BitsToSingle(s))));
    }

    private static (byte[] Rounded, float Step, float Least) Round(float[] row)
    {
        // What stands behind the row does not count.
        float[] padded = [.. row, .. Enumerable.Repeat(float.NaN, VectorMath.Pad(row.Length) - row.Length)];
        var rounded = new byte[padded.Length];
        var factors = new float[Int8Rows.Factors];
        fixed (float* from = padded)
        fixed (byte* to = rounded)
        fixed (float* described = factors)
            Int8Rows.Round(from, row.Length, to, described);
        return (rounded[..row.Length], factors[0], factors[1]);
    }
}
