using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ark.Models;

/// <summary>Elementwise functions on 16 single-precision numbers.</summary>
/// <remarks>Rests on: sixteen numbers, or sixteen rows of sixteen, being there at each address.</remarks>
internal static unsafe class VectorMath
{
    public const int Lanes = 16;

    /// <summary>The next multiple of 16: rows of all activations begin there, and what lies between is zero.</summary>
    public static int Pad(int count) => (count + Lanes - 1) / Lanes * Lanes;

    /// <summary>The exponential of numbers up to 88, within 2 units of the last place; below -87 it is at most 1e-38.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        x = Vector512.Max(x, Vector512.Create(-87f));
        // x = n ln 2 + r: the magic number rounds by pushing the fraction out of the mantissa.
        var n = Vector512.FusedMultiplyAdd(x, Vector512.Create(1.44269504f), Vector512.Create(12582912f)) - Vector512.Create(12582912f);
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        // The minimax polynomial of Cephes' expf.
        var p = Vector512.FusedMultiplyAdd(Vector512.Create(1.9875691500e-4f), r, Vector512.Create(1.3981999507e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(8.3334519073e-3f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(4.1665795894e-2f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(1.6666665459e-1f));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(5.0000001201e-1f));
        p = Vector512.FusedMultiplyAdd(p, r * r, r + Vector512.Create(1f));
        return Avx512F.Scale(p, n);
    }

    /// <summary>Rounds to bfloat16, ties to even, and stores 16 of them. Not for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBf16(Vector512<float> x, ushort* to) =>
        Avx512F.ConvertToVector256UInt16(RoundToBf16(x) >>> 16).Store(to);

    /// <summary>16 bfloat16 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadBf16(ushort* from) =>
        (Avx512F.ConvertToVector512UInt32(Vector256.Load(from)) << 16).AsSingle();

    /// <summary>Rounds to bfloat16 and stores 16 pairs, the first of each from <paramref name="even"/>. Not for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePairs(Vector512<float> even, Vector512<float> odd, ushort* to) =>
        (RoundToBf16(even) >>> 16 | (RoundToBf16(odd) & Vector512.Create(0xFFFF0000u))).Store((uint*)to);

    /// <summary>The bits of the nearest bfloat16 in the upper half, ties to even; the lower half means nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundToBf16(Vector512<float> x)
    {
        var bits = x.AsUInt32();
        return bits + ((bits >>> 16) & Vector512.Create(1u)) + Vector512.Create(0x7FFFu);
    }

    /// <inheritdoc cref="StoreBf16"/>
    public static ushort ToBf16(float x)
    {
        var bits = BitConverter.SingleToUInt32Bits(x);
        return (ushort)((bits + ((bits >> 16) & 1) + 0x7FFF) >> 16);
    }

    /// <summary>The largest of the 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector512<float> x)
    {
        var eight = Vector256.Max(x.GetLower(), x.GetUpper());
        var four = Vector128.Max(eight.GetLower(), eight.GetUpper());
        var two = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Math.Max(two[0], two[1]);
    }

    /// <summary>Transposes 16 by 16 numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose16(float* from, nint ldFrom, float* to, nint ldTo)
    {
        Debug.Assert(from is not null && to is not null && ldFrom >= Lanes && ldTo >= Lanes, "Rows of sixteen do not overlap.");
        // Pairs of rows, then of pairs, within each 128 bits; the last step moves the 128 bits.
        for (var quarter = 0; quarter < 4; quarter++)
        {
            // Rows quarter*4 ... of the result need columns quarter*4 ... of the source: 128 bits of each source row.
            var part = from + (4 * quarter);
            var r0 = Column(part, ldFrom, 0);
            var r1 = Column(part, ldFrom, 1);
            var r2 = Column(part, ldFrom, 2);
            var r3 = Column(part, ldFrom, 3);
            var (low01, high01) = (Avx512F.UnpackLow(r0, r1), Avx512F.UnpackHigh(r0, r1));
            var (low23, high23) = (Avx512F.UnpackLow(r2, r3), Avx512F.UnpackHigh(r2, r3));
            var target = to + (4 * quarter * ldTo);
            Avx512F.UnpackLow(low01.AsDouble(), low23.AsDouble()).AsSingle().Store(target);
            Avx512F.UnpackHigh(low01.AsDouble(), low23.AsDouble()).AsSingle().Store(target + ldTo);
            Avx512F.UnpackLow(high01.AsDouble(), high23.AsDouble()).AsSingle().Store(target + (2 * ldTo));
            Avx512F.UnpackHigh(high01.AsDouble(), high23.AsDouble()).AsSingle().Store(target + (3 * ldTo));
        }
    }

    /// <summary>128 bits of rows i, i + 4, i + 8 and i + 12.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Column(float* from, nint ld, int row)
    {
        from += row * ld;
        var low = Vector256.Create(Vector128.Load(from), Vector128.Load(from + (4 * ld)));
        var high = Vector256.Create(Vector128.Load(from + (8 * ld)), Vector128.Load(from + (12 * ld)));
        return Vector512.Create(low, high);
    }
}
