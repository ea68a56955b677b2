using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ark.Models;

/// <summary>Functions of each number of a register, and of 16 numbers.</summary>
/// <remarks>Rests on: sixteen numbers being there at each address.</remarks>
internal static unsafe class VectorMath
{
    public const int Lanes = 16;

    /// <summary>The next multiple of 16: rows of all activations begin there, and what lies between is zero.</summary>
    public static int Pad(int count) => (count + Lanes - 1) / Lanes * Lanes;

    /// <summary>Added to a number, it pushes the fraction out of the mantissa: the last bits are the nearest whole number then.</summary>
    public const float Magic = 12582912f;

    /// <summary>The exponential of numbers up to 88, within 2 units of the last place; below -87 it is at most 1e-37.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x) where T : unmanaged, ILanes<T>
    {
        x = T.Max(x, T.Create(-87f));
        // x = n ln 2 + r.
        var bits = T.MultiplyAdd(x, T.Create(1.44269504f), T.Create(Magic));
        var n = bits - T.Create(Magic);
        var r = T.MultiplyAdd(n, T.Create(-0.693359375f), x);
        r = T.MultiplyAdd(n, T.Create(2.12194440e-4f), r);
        // The minimax polynomial of Cephes' expf.
        var p = T.MultiplyAdd(T.Create(1.9875691500e-4f), r, T.Create(1.3981999507e-3f));
        p = T.MultiplyAdd(p, r, T.Create(8.3334519073e-3f));
        p = T.MultiplyAdd(p, r, T.Create(4.1665795894e-2f));
        p = T.MultiplyAdd(p, r, T.Create(1.6666665459e-1f));
        p = T.MultiplyAdd(p, r, T.Create(5.0000001201e-1f));
        p = T.MultiplyAdd(p, r * r, r + T.Create(1f));
        return T.Scale(p, bits);
    }

    /// <summary>Brings a cache line near; nothing where that cannot be asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* line)
    {
        if (Sse.IsSupported) Sse.Prefetch0(line);
    }

    /// <summary>16 bfloat16 numbers, which takes AVX-512.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadBf16(ushort* from) =>
        (Avx512F.ConvertToVector512UInt32(Vector256.Load(from)) << 16).AsSingle();

    /// <summary>Rounds to bfloat16 and stores 16 pairs, the first of each from <paramref name="even"/>. Not for NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePairs(Vector512<float> even, Vector512<float> odd, ushort* to)
    {
        Debug.Assert(to is not null, "There is room.");
        (RoundToBf16(even) >>> 16 | (RoundToBf16(odd) & Vector512.Create(0xFFFF0000u))).Store((uint*)to);
    }

    /// <summary>The bits of the nearest bfloat16 in the upper half, ties to even; the lower half means nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundToBf16(Vector512<float> x)
    {
        var bits = x.AsUInt32();
        return bits + ((bits >>> 16) & Vector512.Create(1u)) + Vector512.Create(0x7FFFu);
    }

    /// <summary>Rounds to bfloat16, ties to even. Not for NaN.</summary>
    public static ushort ToBf16(float x)
    {
        var bits = BitConverter.SingleToUInt32Bits(x);
        return (ushort)((bits + ((bits >> 16) & 1) + 0x7FFF) >> 16);
    }
}
