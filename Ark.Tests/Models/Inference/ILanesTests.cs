using System.Runtime.Intrinsics.X86;
using Ark.Models;

namespace Ark.Tests.Models;

/// <summary>What is written once for all widths does the same in each.</summary>
public unsafe class ILanesTests
{
    public static TheoryData<int, int> Shapes => new MatrixTheoryData<int, int>([16, 32, 48], [1, 3, 32, 49]);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Products_are_the_plain_ones_in_every_width_bit_for_bit(int columns, int depth)
    {
        var random = new Random(columns + depth);
        float[] a = Numbers(random, 8 * depth), b = Numbers(random, depth * columns), start = Numbers(random, 8 * columns);
        foreach (var add in (bool[])[false, true])
        {
            var plain = Plain(a, depth, 1, b, columns, depth, add ? start : null);
            Assert.Equal(plain, Product<Lanes4>(a, depth, 1, b, columns, depth, add ? start : null));
            Assert.Equal(plain, Product<Lanes8>(a, depth, 1, b, columns, depth, add ? start : null));
            if (Avx512F.IsSupported) Assert.Equal(plain, Product<Lanes16>(a, depth, 1, b, columns, depth, add ? start : null));
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Products_with_a_factor_on_its_side_are_the_plain_ones_in_every_width_bit_for_bit(int columns, int depth)
    {
        var random = new Random(columns * depth);
        float[] a = Numbers(random, 8 * depth), b = Numbers(random, depth * columns);
        var plain = Plain(a, 1, 8, b, columns, depth, null);
        Assert.Equal(plain, Product<Lanes4>(a, 1, 8, b, columns, depth, null));
        Assert.Equal(plain, Product<Lanes8>(a, 1, 8, b, columns, depth, null));
        if (Avx512F.IsSupported) Assert.Equal(plain, Product<Lanes16>(a, 1, 8, b, columns, depth, null));
    }

    [Fact]
    public void Exponential_is_right_in_every_width()
    {
        float[] x = [.. Enumerable.Range(0, 16 * 1090).Select(i => -87f + (i * 0.01f))];
        foreach (var result in Each(x, new Exponential()))
            for (var i = 0; i < x.Length; i++) Assert.Equal(1, result[i] / Math.Exp(x[i]), 3e-7);
    }

    [Fact]
    public void Gelu_and_its_slope_are_right_in_every_width()
    {
        float[] x = [.. Enumerable.Range(0, 16 * 1500).Select(i => -12f + (i * 0.001f))];
        double Normal(double v) => 0.5 * (1 + Erf(v / Math.Sqrt(2)));
        foreach (var result in Each(x, new GeluOf()))
            for (var i = 0; i < x.Length; i++) Assert.Equal(x[i] * Normal(x[i]), result[i], 2e-7 * Math.Max(1, Math.Abs(x[i])));
        foreach (var result in Each(x, new SlopeOf()))
        {
            for (var i = 0; i < x.Length; i++)
            {
                var density = Math.Exp(-0.5 * x[i] * (double)x[i]) / Math.Sqrt(2 * Math.PI);
                Assert.Equal(Normal(x[i]) + (x[i] * density), result[i], 1e-6);
            }
        }
    }

    [Fact]
    public void Sums_and_the_largest_are_those_of_all_numbers()
    {
        var x = Numbers(new Random(3), 16);
        Assert.Equal((x[..4].Max(), x[..4].Sum()), (OfFirst<Lanes4>(x).Largest, OfFirst<Lanes4>(x).Sum));
        Assert.Equal((x[..8].Max(), x[..8].Sum(), 1e-6f), (OfFirst<Lanes8>(x).Largest, OfFirst<Lanes8>(x).Sum, 1e-6f), Near);
        if (!Avx512F.IsSupported) return;
        Assert.Equal((x.Max(), x.Sum(), 1e-6f), (OfFirst<Lanes16>(x).Largest, OfFirst<Lanes16>(x).Sum, 1e-6f), Near);
    }

    [Fact]
    public void Rounding_to_bfloat16_is_to_even_in_every_width()
    {
        float[] x = [1f, 1.00390625f, 1.01171875f, -1.00390625f, 3.1415927f, 0, 1e-38f, 65504f, -0.1f, 7f, 1e20f, 2f, 0.3f, 5f, 6f, 1.5f];
        var expected = x.Select(VectorMath.ToBf16).ToArray();
        Assert.Equal(expected, Bf16<Lanes4>(x));
        Assert.Equal(expected, Bf16<Lanes8>(x));
        if (Avx512F.IsSupported) Assert.Equal(expected, Bf16<Lanes16>(x));
    }

    private static bool Near((float A, float B, float Tolerance) x, (float A, float B, float Tolerance) y) =>
        x.A == y.A && Math.Abs(x.B - y.B) <= x.Tolerance * 16;

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];

    private static float[] Plain(float[] a, int row, int step, float[] b, int columns, int depth, float[]? start)
    {
        var c = new float[8 * columns];
        for (var r = 0; r < 8; r++)
        {
            for (var column = 0; column < columns; column++)
            {
                var sum = 0f;
                for (var k = 0; k < depth; k++)
                    sum = MathF.FusedMultiplyAdd(a[(r * row) + (k * step)], b[(k * columns) + column], sum);
                c[(r * columns) + column] = sum + (start is null ? 0 : start[(r * columns) + column]);
            }
        }

        return c;
    }

    private static float[] Product<T>(float[] a, int row, int step, float[] b, int columns, int depth, float[]? start)
        where T : unmanaged, ILanes<T>
    {
        var c = start is null ? new float[8 * columns] : [.. start];
        fixed (float* pa = a, pb = b, pc = c)
            TileKernel<T>.Multiply(pa, row, step, pb, columns, pc, columns, depth, columns, start is not null, pb, 0);
        return c;
    }

    private static IEnumerable<float[]> Each(float[] x, IFunction function)
    {
        yield return Of<Lanes4>(x, function);
        yield return Of<Lanes8>(x, function);
        if (Avx512F.IsSupported) yield return Of<Lanes16>(x, function);
    }

    private static float[] Of<T>(float[] x, IFunction function) where T : unmanaged, ILanes<T>
    {
        var y = new float[x.Length];
        fixed (float* from = x, to = y)
            for (var i = 0; i < x.Length; i += T.Count) function.Of(T.Load(from + i)).Store(to + i);
        return y;
    }

    private static (float Largest, float Sum) OfFirst<T>(float[] x) where T : unmanaged, ILanes<T>
    {
        fixed (float* from = x) return (T.Largest(T.Load(from)), T.Sum(T.Load(from)));
    }

    private static ushort[] Bf16<T>(float[] x) where T : unmanaged, ILanes<T>
    {
        var y = new ushort[x.Length];
        fixed (float* from = x)
        {
            fixed (ushort* to = y)
                for (var i = 0; i < x.Length; i += T.Count) T.Load(from + i).StoreBf16(to + i);
        }

        return y;
    }

    /// <summary>The error function by its series, or by its continued fraction where that takes long.</summary>
    private static double Erf(double x)
    {
        var z = Math.Abs(x);
        if (z > 6) return Math.Sign(x);
        double term = z, sum = z;
        for (var n = 1; Math.Abs(term) > 1e-18; n++)
        {
            term *= 2 * z * z / ((2 * n) + 1);
            sum += term;
        }

        return Math.Sign(x) * sum * 2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z);
    }

    private interface IFunction
    {
        T Of<T>(T x) where T : unmanaged, ILanes<T>;
    }

    private sealed class Exponential : IFunction
    {
        public T Of<T>(T x) where T : unmanaged, ILanes<T> => VectorMath.Exp(x);
    }

    private sealed class GeluOf : IFunction
    {
        public T Of<T>(T x) where T : unmanaged, ILanes<T> => Gelu.Apply(x, Gelu.Table);
    }

    private sealed class SlopeOf : IFunction
    {
        public T Of<T>(T x) where T : unmanaged, ILanes<T> => Gelu.Slope(x, Gelu.Table);
    }
}
