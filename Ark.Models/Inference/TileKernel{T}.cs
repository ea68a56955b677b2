using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Ark.Models;

/// <summary>
/// The innermost products for one width of registers, whose sums stay in registers. With 32 registers, as AVX-512 and NEON have, 8 rows
/// times 3 vectors are 24 sums, beside three for B and one for A; with the 16 of AVX2, 4 rows times 3 vectors are 12.
/// </summary>
/// <remarks>Rests on: what <see cref="TileKernel"/> asserts.</remarks>
/// <typeparam name="T">The register's type.</typeparam>
internal static unsafe class TileKernel<T> where T : unmanaged, ILanes<T>
{
    /// <summary>C [8, columns] = A · B, or added to C; the columns are 16, 32 or 48.</summary>
    /// <param name="a">A's first number.</param>
    /// <param name="row">From one of A's eight rows to the next.</param>
    /// <param name="step">From one place within A's rows to the next.</param>
    /// <param name="b">B <c>[depth, columns]</c>.</param>
    /// <param name="ldb">From one of its rows to the next.</param>
    /// <param name="c">C.</param>
    /// <param name="ldc">From one of its rows to the next.</param>
    /// <param name="depth">How many products are summed.</param>
    /// <param name="columns">How many columns.</param>
    /// <param name="add">Whether to add to C.</param>
    /// <param name="ahead">What is fetched meanwhile, with 48 columns.</param>
    /// <param name="aheadStep">How far on for each product that is summed.</param>
    public static void Multiply(
        float* a, nint row, nint step, float* b, nint ldb, float* c, nint ldc, nint depth, int columns, bool add, float* ahead,
        nint aheadStep)
    {
        Debug.Assert(columns is 16 or 32 or 48, "There are so many columns.");
        if (T.Count == 8)
        {
            var a4 = a + (4 * row);
            var c4 = c + (4 * ldc);
            var width = columns == 48 ? 24 : 16;
            for (var column = 0; column < columns; column += width, b += width, c += width, c4 += width)
            {
                if (width == 24)
                {
                    Multiply4By3(a, row, step, b, ldb, c, ldc, depth, add, ahead, aheadStep);
                    Multiply4By3(a4, row, step, b, ldb, c4, ldc, depth, add, b, 0);
                    ahead = b;
                    aheadStep = 0;
                }
                else
                {
                    Multiply4By2(a, row, step, b, ldb, c, ldc, depth, add);
                    Multiply4By2(a4, row, step, b, ldb, c4, ldc, depth, add);
                }
            }
        }
        else if (columns == 48)
        {
            for (var column = 0; column < 48; column += 3 * T.Count, b += 3 * T.Count, c += 3 * T.Count)
            {
                Multiply8By3(a, row, step, b, ldb, c, ldc, depth, add, ahead, aheadStep);
                ahead = b;
                aheadStep = 0;
            }
        }
        else if (columns == T.Count)
        {
            Multiply8By1(a, row, step, b, ldb, c, ldc, depth, add);
        }
        else
        {
            for (var column = 0; column < columns; column += 2 * T.Count, b += 2 * T.Count, c += 2 * T.Count)
                Multiply8By2(a, row, step, b, ldb, c, ldc, depth, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply8By3(
        float* a, nint row, nint step, float* b, nint ldb, float* c, nint ldc, nint depth, bool add, float* ahead, nint aheadStep)
    {
        var (row2, row3) = (2 * row, 3 * row);
        var a4 = a + (4 * row);
        T c00 = T.Zero, c01 = T.Zero, c02 = T.Zero;
        T c10 = T.Zero, c11 = T.Zero, c12 = T.Zero;
        T c20 = T.Zero, c21 = T.Zero, c22 = T.Zero;
        T c30 = T.Zero, c31 = T.Zero, c32 = T.Zero;
        T c40 = T.Zero, c41 = T.Zero, c42 = T.Zero;
        T c50 = T.Zero, c51 = T.Zero, c52 = T.Zero;
        T c60 = T.Zero, c61 = T.Zero, c62 = T.Zero;
        T c70 = T.Zero, c71 = T.Zero, c72 = T.Zero;
        for (nint k = 0; k < depth; k++)
        {
            var b0 = T.Load(b);
            var b1 = T.Load(b + T.Count);
            var b2 = T.Load(b + (2 * T.Count));
            b += ldb;
            VectorMath.Prefetch(ahead);
            ahead += aheadStep;
            var x = T.Create(a[0]);
            c00 = T.MultiplyAdd(x, b0, c00);
            c01 = T.MultiplyAdd(x, b1, c01);
            c02 = T.MultiplyAdd(x, b2, c02);
            x = T.Create(a[row]);
            c10 = T.MultiplyAdd(x, b0, c10);
            c11 = T.MultiplyAdd(x, b1, c11);
            c12 = T.MultiplyAdd(x, b2, c12);
            x = T.Create(a[row2]);
            c20 = T.MultiplyAdd(x, b0, c20);
            c21 = T.MultiplyAdd(x, b1, c21);
            c22 = T.MultiplyAdd(x, b2, c22);
            x = T.Create(a[row3]);
            c30 = T.MultiplyAdd(x, b0, c30);
            c31 = T.MultiplyAdd(x, b1, c31);
            c32 = T.MultiplyAdd(x, b2, c32);
            x = T.Create(a4[0]);
            c40 = T.MultiplyAdd(x, b0, c40);
            c41 = T.MultiplyAdd(x, b1, c41);
            c42 = T.MultiplyAdd(x, b2, c42);
            x = T.Create(a4[row]);
            c50 = T.MultiplyAdd(x, b0, c50);
            c51 = T.MultiplyAdd(x, b1, c51);
            c52 = T.MultiplyAdd(x, b2, c52);
            x = T.Create(a4[row2]);
            c60 = T.MultiplyAdd(x, b0, c60);
            c61 = T.MultiplyAdd(x, b1, c61);
            c62 = T.MultiplyAdd(x, b2, c62);
            x = T.Create(a4[row3]);
            c70 = T.MultiplyAdd(x, b0, c70);
            c71 = T.MultiplyAdd(x, b1, c71);
            c72 = T.MultiplyAdd(x, b2, c72);
            a += step;
            a4 += step;
        }

        Put(c, c00, c01, c02, add);
        Put(c + ldc, c10, c11, c12, add);
        Put(c + (2 * ldc), c20, c21, c22, add);
        Put(c + (3 * ldc), c30, c31, c32, add);
        Put(c + (4 * ldc), c40, c41, c42, add);
        Put(c + (5 * ldc), c50, c51, c52, add);
        Put(c + (6 * ldc), c60, c61, c62, add);
        Put(c + (7 * ldc), c70, c71, c72, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply8By2(
        float* a, nint row, nint step, float* b, nint ldb, float* c, nint ldc, nint depth, bool add)
    {
        var (row2, row3) = (2 * row, 3 * row);
        var a4 = a + (4 * row);
        T c00 = T.Zero, c01 = T.Zero;
        T c10 = T.Zero, c11 = T.Zero;
        T c20 = T.Zero, c21 = T.Zero;
        T c30 = T.Zero, c31 = T.Zero;
        T c40 = T.Zero, c41 = T.Zero;
        T c50 = T.Zero, c51 = T.Zero;
        T c60 = T.Zero, c61 = T.Zero;
        T c70 = T.Zero, c71 = T.Zero;
        for (nint k = 0; k < depth; k++)
        {
            var b0 = T.Load(b);
            var b1 = T.Load(b + T.Count);
            b += ldb;
            var x = T.Create(a[0]);
            c00 = T.MultiplyAdd(x, b0, c00);
            c01 = T.MultiplyAdd(x, b1, c01);
            x = T.Create(a[row]);
            c10 = T.MultiplyAdd(x, b0, c10);
            c11 = T.MultiplyAdd(x, b1, c11);
            x = T.Create(a[row2]);
            c20 = T.MultiplyAdd(x, b0, c20);
            c21 = T.MultiplyAdd(x, b1, c21);
            x = T.Create(a[row3]);
            c30 = T.MultiplyAdd(x, b0, c30);
            c31 = T.MultiplyAdd(x, b1, c31);
            x = T.Create(a4[0]);
            c40 = T.MultiplyAdd(x, b0, c40);
            c41 = T.MultiplyAdd(x, b1, c41);
            x = T.Create(a4[row]);
            c50 = T.MultiplyAdd(x, b0, c50);
            c51 = T.MultiplyAdd(x, b1, c51);
            x = T.Create(a4[row2]);
            c60 = T.MultiplyAdd(x, b0, c60);
            c61 = T.MultiplyAdd(x, b1, c61);
            x = T.Create(a4[row3]);
            c70 = T.MultiplyAdd(x, b0, c70);
            c71 = T.MultiplyAdd(x, b1, c71);
            a += step;
            a4 += step;
        }

        Put(c, c00, c01, add);
        Put(c + ldc, c10, c11, add);
        Put(c + (2 * ldc), c20, c21, add);
        Put(c + (3 * ldc), c30, c31, add);
        Put(c + (4 * ldc), c40, c41, add);
        Put(c + (5 * ldc), c50, c51, add);
        Put(c + (6 * ldc), c60, c61, add);
        Put(c + (7 * ldc), c70, c71, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply8By1(
        float* a, nint row, nint step, float* b, nint ldb, float* c, nint ldc, nint depth, bool add)
    {
        var (row2, row3) = (2 * row, 3 * row);
        var a4 = a + (4 * row);
        T c00 = T.Zero;
        T c10 = T.Zero;
        T c20 = T.Zero;
        T c30 = T.Zero;
        T c40 = T.Zero;
        T c50 = T.Zero;
        T c60 = T.Zero;
        T c70 = T.Zero;
        for (nint k = 0; k < depth; k++)
        {
            var b0 = T.Load(b);
            b += ldb;
            var x = T.Create(a[0]);
            c00 = T.MultiplyAdd(x, b0, c00);
            x = T.Create(a[row]);
            c10 = T.MultiplyAdd(x, b0, c10);
            x = T.Create(a[row2]);
            c20 = T.MultiplyAdd(x, b0, c20);
            x = T.Create(a[row3]);
            c30 = T.MultiplyAdd(x, b0, c30);
            x = T.Create(a4[0]);
            c40 = T.MultiplyAdd(x, b0, c40);
            x = T.Create(a4[row]);
            c50 = T.MultiplyAdd(x, b0, c50);
            x = T.Create(a4[row2]);
            c60 = T.MultiplyAdd(x, b0, c60);
            x = T.Create(a4[row3]);
            c70 = T.MultiplyAdd(x, b0, c70);
            a += step;
            a4 += step;
        }

        Put(c, c00, add);
        Put(c + ldc, c10, add);
        Put(c + (2 * ldc), c20, add);
        Put(c + (3 * ldc), c30, add);
        Put(c + (4 * ldc), c40, add);
        Put(c + (5 * ldc), c50, add);
        Put(c + (6 * ldc), c60, add);
        Put(c + (7 * ldc), c70, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply4By3(
        float* a, nint row, nint step, float* b, nint ldb, float* c, nint ldc, nint depth, bool add, float* ahead, nint aheadStep)
    {
        var (row2, row3) = (2 * row, 3 * row);
        T c00 = T.Zero, c01 = T.Zero, c02 = T.Zero;
        T c10 = T.Zero, c11 = T.Zero, c12 = T.Zero;
        T c20 = T.Zero, c21 = T.Zero, c22 = T.Zero;
        T c30 = T.Zero, c31 = T.Zero, c32 = T.Zero;
        for (nint k = 0; k < depth; k++)
        {
            var b0 = T.Load(b);
            var b1 = T.Load(b + T.Count);
            var b2 = T.Load(b + (2 * T.Count));
            b += ldb;
            VectorMath.Prefetch(ahead);
            ahead += aheadStep;
            var x = T.Create(a[0]);
            c00 = T.MultiplyAdd(x, b0, c00);
            c01 = T.MultiplyAdd(x, b1, c01);
            c02 = T.MultiplyAdd(x, b2, c02);
            x = T.Create(a[row]);
            c10 = T.MultiplyAdd(x, b0, c10);
            c11 = T.MultiplyAdd(x, b1, c11);
            c12 = T.MultiplyAdd(x, b2, c12);
            x = T.Create(a[row2]);
            c20 = T.MultiplyAdd(x, b0, c20);
            c21 = T.MultiplyAdd(x, b1, c21);
            c22 = T.MultiplyAdd(x, b2, c22);
            x = T.Create(a[row3]);
            c30 = T.MultiplyAdd(x, b0, c30);
            c31 = T.MultiplyAdd(x, b1, c31);
            c32 = T.MultiplyAdd(x, b2, c32);
            a += step;
        }

        Put(c, c00, c01, c02, add);
        Put(c + ldc, c10, c11, c12, add);
        Put(c + (2 * ldc), c20, c21, c22, add);
        Put(c + (3 * ldc), c30, c31, c32, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply4By2(
        float* a, nint row, nint step, float* b, nint ldb, float* c, nint ldc, nint depth, bool add)
    {
        var (row2, row3) = (2 * row, 3 * row);
        T c00 = T.Zero, c01 = T.Zero;
        T c10 = T.Zero, c11 = T.Zero;
        T c20 = T.Zero, c21 = T.Zero;
        T c30 = T.Zero, c31 = T.Zero;
        for (nint k = 0; k < depth; k++)
        {
            var b0 = T.Load(b);
            var b1 = T.Load(b + T.Count);
            b += ldb;
            var x = T.Create(a[0]);
            c00 = T.MultiplyAdd(x, b0, c00);
            c01 = T.MultiplyAdd(x, b1, c01);
            x = T.Create(a[row]);
            c10 = T.MultiplyAdd(x, b0, c10);
            c11 = T.MultiplyAdd(x, b1, c11);
            x = T.Create(a[row2]);
            c20 = T.MultiplyAdd(x, b0, c20);
            c21 = T.MultiplyAdd(x, b1, c21);
            x = T.Create(a[row3]);
            c30 = T.MultiplyAdd(x, b0, c30);
            c31 = T.MultiplyAdd(x, b1, c31);
            a += step;
        }

        Put(c, c00, c01, add);
        Put(c + ldc, c10, c11, add);
        Put(c + (2 * ldc), c20, c21, add);
        Put(c + (3 * ldc), c30, c31, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, T v0, T v1, T v2, bool add)
    {
        if (add)
        {
            v0 += T.Load(c);
            v1 += T.Load(c + T.Count);
            v2 += T.Load(c + (2 * T.Count));
        }

        v0.Store(c);
        v1.Store(c + T.Count);
        v2.Store(c + (2 * T.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, T v0, T v1, bool add)
    {
        if (add)
        {
            v0 += T.Load(c);
            v1 += T.Load(c + T.Count);
        }

        v0.Store(c);
        v1.Store(c + T.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, T v0, bool add)
    {
        if (add) v0 += T.Load(c);
        v0.Store(c);
    }
}
