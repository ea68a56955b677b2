using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ark.Models;

/// <summary>
/// x · Φ(x), the exact GELU, within 2e-7 · max(1, |x|). With registers of 16 numbers, Φ(|x|) comes from one of 16 polynomials of degree
/// 5, whose coefficients one permutation each looks up in a register; beyond 5.5, Φ is 1 in single precision. Narrower registers take an
/// exponential.
/// </summary>
/// <remarks>Rests on: the table holding sixteen coefficients of each of six powers, for the life of the process.</remarks>
internal static unsafe class Gelu
{
    private const int Pieces = 16;
    private const int Degree = 5;
    private const float Limit = 5.5f;
    private const float PerUnit = Pieces / Limit;

    /// <summary>The coefficients: 16 of each power. Read once before a loop.</summary>
    public static readonly float* Table = Fit();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Apply<T>(T x, float* table) where T : unmanaged, ILanes<T>
    {
        var positive = x * NormalOfMagnitude(x, table);
        return T.Negative(x, x - positive, positive);
    }

    /// <summary>The derivative, Φ(x) + x φ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Slope<T>(T x, float* table) where T : unmanaged, ILanes<T>
    {
        var magnitude = NormalOfMagnitude(x, table);
        var normal = T.Negative(x, T.Create(1f) - magnitude, magnitude);
        var density = VectorMath.Exp(x * x * T.Create(-0.5f)) * T.Create(0.398942280f);
        return T.MultiplyAdd(x, density, normal);
    }

    /// <summary>Φ(|x|).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T NormalOfMagnitude<T>(T x, float* table) where T : unmanaged, ILanes<T> =>
        typeof(T) == typeof(Lanes16)
            ? Unsafe.BitCast<Lanes16, T>(new(ByTable(Unsafe.BitCast<T, Lanes16>(x).Values, table)))
            : ByExponential(T.Abs(x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> ByTable(Vector512<float> x, float* table)
    {
        Debug.Assert(table == Table, "The coefficients are those of the one table.");
        var scaled = Vector512.Min(Vector512.Abs(x) * Vector512.Create(PerUnit), Vector512.Create(Pieces - (1f / 1024)));
        var piece = Avx512F.ConvertToVector512Int32WithTruncation(scaled);
        var u = scaled - Vector512.ConvertToSingle(piece);
        var p = Vector512.FusedMultiplyAdd(Look(table, 5, piece), u, Look(table, 4, piece));
        p = Vector512.FusedMultiplyAdd(p, u, Look(table, 3, piece));
        p = Vector512.FusedMultiplyAdd(p, u, Look(table, 2, piece));
        p = Vector512.FusedMultiplyAdd(p, u, Look(table, 1, piece));
        return Vector512.FusedMultiplyAdd(p, u, Look(table, 0, piece));
    }

    /// <summary>Of numbers that are not negative: Abramowitz and Stegun's 7.1.26 for the error function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T ByExponential<T>(T x) where T : unmanaged, ILanes<T>
    {
        var t = T.Create(1f) / T.MultiplyAdd(x, T.Create(0.3275911f * 0.707106781f), T.Create(1f));
        var p = T.MultiplyAdd(T.Create(0.5f * 1.061405429f), t, T.Create(0.5f * -1.453152027f));
        p = T.MultiplyAdd(p, t, T.Create(0.5f * 1.421413741f));
        p = T.MultiplyAdd(p, t, T.Create(0.5f * -0.284496736f));
        p = T.MultiplyAdd(p, t, T.Create(0.5f * 0.254829592f));
        return T.Create(1f) - (p * t * VectorMath.Exp(x * x * T.Create(-0.5f)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Look(float* table, int power, Vector512<int> piece) =>
        Avx512F.PermuteVar16x32(Vector512.Load(table + (power * Pieces)), piece);

    /// <summary>By power, then by piece: the polynomials in the place within a piece, 0 to 1, through Φ at Chebyshev's nodes.</summary>
    private static float* Fit()
    {
        // Never freed: it serves the whole process.
        var result = (float*)NativeMemory.AlignedAlloc((Degree + 1) * Pieces * sizeof(float), 64);
        for (var piece = 0; piece < Pieces; piece++)
        {
            double[] nodes = [.. Enumerable.Range(0, Degree + 1).Select(i => 0.5 - (0.5 * Math.Cos(Math.PI * (i + 0.5) / (Degree + 1))))];
            double[] differences = [.. nodes.Select(u => Normal((piece + u) / PerUnit))];
            for (var order = 1; order <= Degree; order++)
            {
                for (var i = Degree; i >= order; i--)
                    differences[i] = (differences[i] - differences[i - 1]) / (nodes[i] - nodes[i - order]);
            }

            // Newton's form, multiplied out from the innermost bracket.
            var powers = new double[Degree + 1];
            for (var i = Degree; i >= 0; i--)
            {
                for (var power = Degree; power > 0; power--) powers[power] = powers[power - 1] - (nodes[i] * powers[power]);
                powers[0] = differences[i] - (nodes[i] * powers[0]);
            }

            for (var power = 0; power <= Degree; power++) result[(power * Pieces) + piece] = (float)powers[power];
        }

        return result;
    }

    /// <summary>The normal distribution's Φ, by its series, which has only positive terms.</summary>
    private static double Normal(double x)
    {
        var (term, sum) = (x, x);
        for (var i = 3; term > 1e-18; i += 2)
        {
            term *= x * x / i;
            sum += term;
        }

        return 0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
    }
}
