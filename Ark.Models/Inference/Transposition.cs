using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Ark.Models;

/// <summary>Turns rows into columns.</summary>
/// <remarks>Rests on: sixteen rows of sixteen numbers being there at each address.</remarks>
internal static unsafe class Transposition
{
    /// <summary>Transposes 16 by 16 numbers.</summary>
    public static void Run(float* from, nint ldFrom, float* to, nint ldTo)
    {
        Debug.Assert(
            from is not null && to is not null && Math.Min(ldFrom, ldTo) >= VectorMath.Lanes, "Rows of sixteen do not overlap.");
        if (Avx512F.IsSupported) Run512(from, ldFrom, to, ldTo);
        else RunBlocks(from, ldFrom, to, ldTo);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run512(float* from, nint ldFrom, float* to, nint ldTo)
    {
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

    /// <summary>The same by blocks of 4 by 4, which every processor can turn.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void RunBlocks(float* from, nint ldFrom, float* to, nint ldTo)
    {
        for (nint row = 0; row < VectorMath.Lanes; row += 4)
        {
            for (nint column = 0; column < VectorMath.Lanes; column += 4)
            {
                var source = from + (row * ldFrom) + column;
                var target = to + (column * ldTo) + row;
                var (r0, r1) = (Vector128.Load(source), Vector128.Load(source + ldFrom));
                var (r2, r3) = (Vector128.Load(source + (2 * ldFrom)), Vector128.Load(source + (3 * ldFrom)));
                var (low01, high01) = (Low(r0, r1).AsDouble(), High(r0, r1).AsDouble());
                var (low23, high23) = (Low(r2, r3).AsDouble(), High(r2, r3).AsDouble());
                Low(low01, low23).AsSingle().Store(target);
                High(low01, low23).AsSingle().Store(target + ldTo);
                Low(high01, high23).AsSingle().Store(target + (2 * ldTo));
                High(high01, high23).AsSingle().Store(target + (3 * ldTo));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> Low(Vector128<double> a, Vector128<double> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> High(Vector128<double> a, Vector128<double> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
}
