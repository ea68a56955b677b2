using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Ark.Models;

/// <summary>
/// The innermost products of gradients, whose first factor lies on its side: 8 columns of A against 48, 32 or 16 columns of B, summed over
/// the rows of both.
/// </summary>
/// <remarks>Rests on: eight columns of A and the columns of B being there in each of the rows, and eight rows of C.</remarks>
internal static unsafe class GradientTile
{
    // As far ahead as a line takes to come from the third-level cache.
    private const int RowsAhead = 12;

    /// <summary>C [8, columns] = Aᵀ · B, or added to C; A is [depth, 8], B is [depth, columns], and columns are 16, 32 or 48.</summary>
    public static void Multiply(float* a, nint lda, float* b, nint ldb, float* c, nint ldc, nint depth, int columns, bool add)
    {
        Debug.Assert(columns is 16 or 32 or 48 && lda >= TileKernel.Rows && ldb >= columns && ldc >= columns, "Rows hold what is read.");
        if (columns == 48) Multiply48(a, lda, b, ldb, c, ldc, depth, add);
        else if (columns == 32) Multiply32(a, lda, b, ldb, c, ldc, depth, add);
        else Multiply16(a, lda, b, ldb, c, ldc, depth, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply48(float* a, nint lda, float* b, nint ldb, float* c, nint ldc, nint depth, bool add)
    {
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
            Sse.Prefetch0(a + (RowsAhead * lda));
            var x = Vector512.Create(a[0]);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            c02 = Vector512.FusedMultiplyAdd(x, b2, c02);
            x = Vector512.Create(a[1]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            c12 = Vector512.FusedMultiplyAdd(x, b2, c12);
            x = Vector512.Create(a[2]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            c22 = Vector512.FusedMultiplyAdd(x, b2, c22);
            x = Vector512.Create(a[3]);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            c32 = Vector512.FusedMultiplyAdd(x, b2, c32);
            x = Vector512.Create(a[4]);
            c40 = Vector512.FusedMultiplyAdd(x, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(x, b1, c41);
            c42 = Vector512.FusedMultiplyAdd(x, b2, c42);
            x = Vector512.Create(a[5]);
            c50 = Vector512.FusedMultiplyAdd(x, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(x, b1, c51);
            c52 = Vector512.FusedMultiplyAdd(x, b2, c52);
            x = Vector512.Create(a[6]);
            c60 = Vector512.FusedMultiplyAdd(x, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(x, b1, c61);
            c62 = Vector512.FusedMultiplyAdd(x, b2, c62);
            x = Vector512.Create(a[7]);
            c70 = Vector512.FusedMultiplyAdd(x, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(x, b1, c71);
            c72 = Vector512.FusedMultiplyAdd(x, b2, c72);
            a += lda;
            b += ldb;
        }

        TileKernel.Put(c, c00, c01, c02, add);
        TileKernel.Put(c + ldc, c10, c11, c12, add);
        TileKernel.Put(c + (2 * ldc), c20, c21, c22, add);
        TileKernel.Put(c + (3 * ldc), c30, c31, c32, add);
        TileKernel.Put(c + (4 * ldc), c40, c41, c42, add);
        TileKernel.Put(c + (5 * ldc), c50, c51, c52, add);
        TileKernel.Put(c + (6 * ldc), c60, c61, c62, add);
        TileKernel.Put(c + (7 * ldc), c70, c71, c72, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply32(float* a, nint lda, float* b, nint ldb, float* c, nint ldc, nint depth, bool add)
    {
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
            var x = Vector512.Create(a[0]);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            c01 = Vector512.FusedMultiplyAdd(x, b1, c01);
            x = Vector512.Create(a[1]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            c11 = Vector512.FusedMultiplyAdd(x, b1, c11);
            x = Vector512.Create(a[2]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            c21 = Vector512.FusedMultiplyAdd(x, b1, c21);
            x = Vector512.Create(a[3]);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            c31 = Vector512.FusedMultiplyAdd(x, b1, c31);
            x = Vector512.Create(a[4]);
            c40 = Vector512.FusedMultiplyAdd(x, b0, c40);
            c41 = Vector512.FusedMultiplyAdd(x, b1, c41);
            x = Vector512.Create(a[5]);
            c50 = Vector512.FusedMultiplyAdd(x, b0, c50);
            c51 = Vector512.FusedMultiplyAdd(x, b1, c51);
            x = Vector512.Create(a[6]);
            c60 = Vector512.FusedMultiplyAdd(x, b0, c60);
            c61 = Vector512.FusedMultiplyAdd(x, b1, c61);
            x = Vector512.Create(a[7]);
            c70 = Vector512.FusedMultiplyAdd(x, b0, c70);
            c71 = Vector512.FusedMultiplyAdd(x, b1, c71);
            a += lda;
            b += ldb;
        }

        TileKernel.Put(c, c00, c01, add);
        TileKernel.Put(c + ldc, c10, c11, add);
        TileKernel.Put(c + (2 * ldc), c20, c21, add);
        TileKernel.Put(c + (3 * ldc), c30, c31, add);
        TileKernel.Put(c + (4 * ldc), c40, c41, add);
        TileKernel.Put(c + (5 * ldc), c50, c51, add);
        TileKernel.Put(c + (6 * ldc), c60, c61, add);
        TileKernel.Put(c + (7 * ldc), c70, c71, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Multiply16(float* a, nint lda, float* b, nint ldb, float* c, nint ldc, nint depth, bool add)
    {
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
            var x = Vector512.Create(a[0]);
            c00 = Vector512.FusedMultiplyAdd(x, b0, c00);
            x = Vector512.Create(a[1]);
            c10 = Vector512.FusedMultiplyAdd(x, b0, c10);
            x = Vector512.Create(a[2]);
            c20 = Vector512.FusedMultiplyAdd(x, b0, c20);
            x = Vector512.Create(a[3]);
            c30 = Vector512.FusedMultiplyAdd(x, b0, c30);
            x = Vector512.Create(a[4]);
            c40 = Vector512.FusedMultiplyAdd(x, b0, c40);
            x = Vector512.Create(a[5]);
            c50 = Vector512.FusedMultiplyAdd(x, b0, c50);
            x = Vector512.Create(a[6]);
            c60 = Vector512.FusedMultiplyAdd(x, b0, c60);
            x = Vector512.Create(a[7]);
            c70 = Vector512.FusedMultiplyAdd(x, b0, c70);
            a += lda;
            b += ldb;
        }

        TileKernel.Put(c, c00, add);
        TileKernel.Put(c + ldc, c10, add);
        TileKernel.Put(c + (2 * ldc), c20, add);
        TileKernel.Put(c + (3 * ldc), c30, add);
        TileKernel.Put(c + (4 * ldc), c40, add);
        TileKernel.Put(c + (5 * ldc), c50, add);
        TileKernel.Put(c + (6 * ldc), c60, add);
        TileKernel.Put(c + (7 * ldc), c70, add);
    }
}
