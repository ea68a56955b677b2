using System.Diagnostics;

namespace Ark.Models;

/// <summary>The innermost products: 8 rows of A times 48, 32 or 16 columns of B, in registers as wide as the processor has.</summary>
/// <remarks>Rests on: eight rows of A and of C, and the columns of B and of C, being there, though some mean nothing.</remarks>
internal static unsafe class TileKernel
{
    public const int Rows = 8;
    public const int Columns = 48;

    // As far ahead as a line takes to come from the third-level cache.
    private const int RowsAhead = 12;

    /// <summary>
    /// C [8, columns] = A [8, depth] · B [depth, columns], or added to C; the columns are 16, 32 or 48. Reads eight rows of A and writes
    /// eight of C, whatever they mean. Meanwhile one cache line from <c>ahead</c> on is fetched for each step of the widest.
    /// </summary>
    public static void Multiply(
        float* a, nint lda, float* b, nint ldb, float* c, nint ldc, nint depth, int columns, bool add, float* ahead = null)
    {
        Debug.Assert(columns is 16 or 32 or 48 && lda >= depth && ldb >= columns && ldc >= columns, "Rows hold what is read and written.");
        Debug.Assert(a is not null && b is not null && c is not null && depth > 0, "There is something to multiply.");
        nint aheadStep = ahead is null ? 0 : VectorMath.Lanes;
        if (ahead is null) ahead = b;
        Run(a, lda, 1, b, ldb, c, ldc, depth, columns, add, ahead, aheadStep);
    }

    /// <summary>
    /// C [8, columns] = Aᵀ · B, or added to C: A is [depth, 8], B is [depth, columns], and columns are 16, 32 or 48. The product of
    /// gradients, whose first factor lies on its side.
    /// </summary>
    public static void MultiplyTransposed(
        float* a, nint lda, float* b, nint ldb, float* c, nint ldc, nint depth, int columns, bool add)
    {
        Debug.Assert(columns is 16 or 32 or 48 && lda >= Rows && ldb >= columns && ldc >= columns, "Rows hold what is read.");
        Debug.Assert(a is not null && b is not null && c is not null && depth > 0, "There is something to multiply.");
        Run(a, 1, lda, b, ldb, c, ldc, depth, columns, add, a + (RowsAhead * lda), lda);
    }

    private static void Run(
        float* a, nint row, nint step, float* b, nint ldb, float* c, nint ldc, nint depth, int columns, bool add, float* ahead,
        nint aheadStep)
    {
        if (KernelWidth.Is512) TileKernel<Lanes16>.Multiply(a, row, step, b, ldb, c, ldc, depth, columns, add, ahead, aheadStep);
        else if (KernelWidth.Is256) TileKernel<Lanes8>.Multiply(a, row, step, b, ldb, c, ldc, depth, columns, add, ahead, aheadStep);
        else TileKernel<Lanes4>.Multiply(a, row, step, b, ldb, c, ldc, depth, columns, add, ahead, aheadStep);
    }
}
