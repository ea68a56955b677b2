using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ark.Models;

/// <summary>
/// Rows of activations as 8-bit integers without a sign: each row has its own least number and its own step, so that
/// <c>x ≈ least + step · q</c>. Nothing is calibrated, and a row does not depend on others.
/// </summary>
/// <remarks>Rests on: rows having room for whole vectors of sixteen, whatever stands past the last channel.</remarks>
internal static unsafe class Int8Rows
{
    /// <summary>Numbers that describe a row: its step and its least number.</summary>
    public const int Factors = 2;

    private const float Steps = 255;

    /// <summary>Rounds a row of single precision.</summary>
    /// <param name="row">The row.</param>
    /// <param name="count">Its numbers.</param>
    /// <param name="to">Where they go; what stands behind them up to a multiple of 16 is overwritten.</param>
    /// <param name="factors">Where step and least number go.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(float* row, int count, byte* to, float* factors) => Round(row, isBf16: false, count, to, factors);

    /// <summary>Rounds a row of bfloat16.</summary>
    /// <inheritdoc cref="Round(float*, int, byte*, float*)"/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Round(ushort* row, int count, byte* to, float* factors) => Round(row, isBf16: true, count, to, factors);

    /// <summary>
    /// What a row of sums of products means, in place: <c>(least + step · q) · (factor · w)</c>, summed over the depth.
    /// </summary>
    /// <param name="sums">The sums of <c>q · w</c>; single precision afterwards.</param>
    /// <param name="rowFactors">The row's step and least number.</param>
    /// <param name="columnFactors">The weights' factor of each column.</param>
    /// <param name="columnSums">The sum of each column's weights, times its factor.</param>
    /// <param name="width">How many columns, a multiple of 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Rescale(int* sums, float* rowFactors, float* columnFactors, float* columnSums, int width)
    {
        var step = Vector512.Create(rowFactors[0]);
        var least = Vector512.Create(rowFactors[1]);
        for (var c = 0; c < width; c += VectorMath.Lanes)
        {
            var offset = least * Vector512.Load(columnSums + c);
            Vector512.FusedMultiplyAdd(
                Vector512.ConvertToSingle(Vector512.Load(sums + c)), step * Vector512.Load(columnFactors + c), offset)
                .Store((float*)sums + c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(void* row, bool isBf16, int count, byte* to, float* factors)
    {
        Debug.Assert(count > 0 && row is not null && to is not null, "There is a row.");
        var first = Vector512.Create(Load(row, isBf16, 0).ToScalar());
        var (least, most, all) = (first, first, first);
        for (nint i = 0; i < count; i += VectorMath.Lanes)
        {
            var value = Load(row, isBf16, i);
            if (i + VectorMath.Lanes > count)
                value = Vector512.ConditionalSelect(
                    Vector512.LessThan(Vector512<int>.Indices, Vector512.Create((int)(count - i))).AsSingle(), value, first);
            // These two, unlike those of .NET, forget what is no number. The sum does not.
            least = Avx512F.Min(value, least);
            most = Avx512F.Max(value, most);
            all += value;
        }

        // What is no number stays none: it is in the step, and so in every product of the row.
        var low = -Lanes16.Largest(new(-least));
        var range = Lanes16.Largest(new(most)) - low + (0 * Vector512.Sum(all));
        (factors[0], factors[1]) = (range / Steps, low);
        var inverse = Vector512.Create(range > 0 ? Steps / range : 0);
        var start = Vector512.Create(low);
        for (nint i = 0; i < count; i += VectorMath.Lanes)
        {
            // From 0 to 255, so that nothing is cut off.
            var steps = Avx512F.ConvertToVector512Int32((Load(row, isBf16, i) - start) * inverse);
            Avx512F.ConvertToVector128Byte(steps).Store(to + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Load(void* row, bool isBf16, nint i) =>
        isBf16 ? VectorMath.LoadBf16((ushort*)row + i) : Vector512.Load((float*)row + i);
}
