using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ark.Models;

/// <summary>
/// The innermost products: 8 rows of A times 48, 32 or 16 columns of B. The 24 sums of the widest stay in registers, with three for B and
/// one for A, of the 32 that AVX-512 has; each step takes 3 loads and 8 broadcasts for its 24 multiply-adds.
/// </summary>
/// <remarks>Rests on: eight rows of A and of C, and the columns of B and of C, being there, though some mean nothing.</remarks>
internal static unsafe class TileKernel
{
    public const int Rows = 8;
    public const int Columns = 48;

    /// <summary>
    /// C [8, columns] = A [8, depth] · B [depth, columns], or added to C; the columns are 16, 32 or 48. Reads eight rows of A and writes
    /// eight of C, whatever they mean. Meanwhile one cache line from <c>ahead</c> on is fetched for each step of the widest.
    /// </summary>
    public static void Multiply(
        float* a, nint lda, float* b, nint ldb, float* c, nint ldc, nint depth, int columns, bool add, float* ahead = null)
    {
        Debug.Assert(columns is 16 or 32 or 48 && lda >= depth && ldb >= columns && ldc >= columns, "Rows hold what is read and written.");
        Debug.Assert(a is not null && b is not null && c is not null && depth > 0, "There is something to multiply.");
        if (columns == 48) Multiply48(a, lda, b, ldb, c, ldc, depth, add, ahead);
        else if (columns == 32) Multiply32(a, lda, b, ldb, c, ldc, depth, add);
        else Multiply16(a, lda, b, ldb, c, ldc, depth, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply48(float* a, nint lda, float* b, nint ldb, float* c, nint ldc, nint depth, bool add, float* ahead)
    {
        var (lda2, lda3) = (2 * lda, 3 * lda);
        var a4 = a + (4 * lda);
        nint aheadStep = ahead is null ? 0 : 16;
        if (ahead is null) ahead = b;
        Vector512<float> c00 = default, c01 = default, c02 = default;
        Vector512<float> c10 = default, c11 = default, c12 = default;
        Vector512<float> c20 = default, c21 = default, c22 = default;
        Vector512<float> c30 = default, c31 = default, c32 = default;
        Vector512<float> c40 = default, c41 = default, c42 = default;
        Vector512<float> c50 = default, c51 = default, c52 = default;
        Vector512<float> c60 = default, c61 = default, c62 = default;
        Vector512<float> c70 = default, c71 = default, c72 = default;
        for (nint k = 0; k < depth; k++)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + 16);
            var b2 = Vector512.Load(b + 32);
            b += ldb;
            Sse.Prefetch1(ahead);
            ahead += aheadStep;
            var x = Vector512.Create(a[k]);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            c02 = Vector512.FusedMultiplyAdd(x, b2, c02);
            x = Vector512.Create(a[k + lda]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            c12 = Vector512.FusedMultiplyAdd(x, b2, c12);
            x = Vector512.Create(a[k + lda2]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            c22 = Vector512.FusedMultiplyAdd(x, b2, c22);
            x = Vector512.Create(a[k + lda3]);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            c32 = Vector512.FusedMultiplyAdd(x, b2, c32);
            x = Vector512.Create(a4[k]);
            c40 = Vector512.FusedMultiplyAdd(x, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(x, b1, c41);
            c42 = Vector512.FusedMultiplyAdd(x, b2, c42);
            x = Vector512.Create(a4[k + lda]);
            c50 = Vector512.FusedMultiplyAdd(x, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(x, b1, c51);
            c52 = Vector512.FusedMultiplyAdd(x, b2, c52);
            x = Vector512.Create(a4[k + lda2]);
            c60 = Vector512.FusedMultiplyAdd(x, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(x, b1, c61);
            c62 = Vector512.FusedMultiplyAdd(x, b2, c62);
            x = Vector512.Create(a4[k + lda3]);
            c70 = Vector512.FusedMultiplyAdd(x, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(x, b1, c71);
            c72 = Vector512.FusedMultiplyAdd(x, b2, c72);
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
    private static void Multiply32(float* a, nint lda, float* b, nint ldb, float* c, nint ldc, nint depth, bool add)
    {
        var (lda2, lda3) = (2 * lda, 3 * lda);
        var a4 = a + (4 * lda);
        Vector512<float> c00 = default, c01 = default;
        Vector512<float> c10 = default, c11 = default;
        Vector512<float> c20 = default, c21 = default;
        Vector512<float> c30 = default, c31 = default;
        Vector512<float> c40 = default, c41 = default;
        Vector512<float> c50 = default, c51 = default;
        Vector512<float> c60 = default, c61 = default;
        Vector512<float> c70 = default, c71 = default;
        for (nint k = 0; k < depth; k++)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + 16);
            b += ldb;
            var x = Vector512.Create(a[k]);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            x = Vector512.Create(a[k + lda]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            x = Vector512.Create(a[k + lda2]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            x = Vector512.Create(a[k + lda3]);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            x = Vector512.Create(a4[k]);
            c40 = Vector512.FusedMultiplyAdd(x, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(x, b1, c41);
            x = Vector512.Create(a4[k + lda]);
            c50 = Vector512.FusedMultiplyAdd(x, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(x, b1, c51);
            x = Vector512.Create(a4[k + lda2]);
            c60 = Vector512.FusedMultiplyAdd(x, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(x, b1, c61);
            x = Vector512.Create(a4[k + lda3]);
            c70 = Vector512.FusedMultiplyAdd(x, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(x, b1, c71);
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
    private static void Multiply16(float* a, nint lda, float* b, nint ldb, float* c, nint ldc, nint depth, bool add)
    {
        var (lda2, lda3) = (2 * lda, 3 * lda);
        var a4 = a + (4 * lda);
        Vector512<float> c00 = default;
        Vector512<float> c10 = default;
        Vector512<float> c20 = default;
        Vector512<float> c30 = default;
        Vector512<float> c40 = default;
        Vector512<float> c50 = default;
        Vector512<float> c60 = default;
        Vector512<float> c70 = default;
        for (nint k = 0; k < depth; k++)
        {
            var b0 = Vector512.Load(b);
            b += ldb;
            var x = Vector512.Create(a[k]);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            x = Vector512.Create(a[k + lda]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            x = Vector512.Create(a[k + lda2]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            x = Vector512.Create(a[k + lda3]);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            x = Vector512.Create(a4[k]);
            c40 = Vector512.FusedMultiplyAdd(x, b0, c40);
            x = Vector512.Create(a4[k + lda]);
            c50 = Vector512.FusedMultiplyAdd(x, b0, c50);
            x = Vector512.Create(a4[k + lda2]);
            c60 = Vector512.FusedMultiplyAdd(x, b0, c60);
            x = Vector512.Create(a4[k + lda3]);
            c70 = Vector512.FusedMultiplyAdd(x, b0, c70);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Put(float* c, Vector512<float> v0, Vector512<float> v1, Vector512<float> v2, bool add)
    {
        if (add)
        {
            v0 += Vector512.Load(c);
            v1 += Vector512.Load(c + 16);
            v2 += Vector512.Load(c + 32);
        }

        v0.Store(c);
        v1.Store(c + 16);
        v2.Store(c + 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Put(float* c, Vector512<float> v0, Vector512<float> v1, bool add)
    {
        if (add)
        {
            v0 += Vector512.Load(c);
            v1 += Vector512.Load(c + 16);
        }

        v0.Store(c);
        v1.Store(c + 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Put(float* c, Vector512<float> v0, bool add)
    {
        if (add)
        {
            v0 += Vector512.Load(c);
        }

        v0.Store(c);
    }
}
