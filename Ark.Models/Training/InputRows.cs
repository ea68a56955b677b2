using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Ark.Models;

/// <summary>
/// The input of a layer as the gradient of its weight takes it: rows in single precision, or panels of pairs of rows in bfloat16. Written
/// row by row, pairs by one thread.
/// </summary>
/// <remarks>Rests on: columns being a multiple of 16, and room for as many rows as <see cref="Depth"/> says.</remarks>
/// <param name="memory">Where; room for all of them.</param>
/// <param name="columns">Numbers of a row.</param>
/// <param name="rows">How many rows there are.</param>
/// <param name="bf16">Whether they become bfloat16.</param>
internal readonly unsafe struct InputRows(NativeRegion memory, int columns, int rows, bool bf16)
{
    /// <summary>Where they are.</summary>
    public void* Memory => memory.Pointer;

    /// <summary>How many rows are written: those that are made up, too.</summary>
    public int Depth => bf16 ? VectorMath.Pad(rows) : rows;

    /// <summary>Whether they become bfloat16.</summary>
    public bool IsBf16 => bf16;

    /// <summary>Bytes of a number.</summary>
    public int ElementSize => bf16 ? sizeof(ushort) : sizeof(float);

    /// <summary>Where a row is to be written, which <see cref="Finish"/> follows.</summary>
    /// <param name="row">Which.</param>
    /// <param name="pair">Room for two rows, the thread's own.</param>
    public float* Row(int row, float* pair)
    {
        Debug.Assert(memory.Holds(Depth, columns, ElementSize) && row < Depth, "There is room for every row.");
        return bf16 ? pair + ((row & 1) * columns) : memory.Floats + ((nint)row * columns);
    }

    /// <summary>Takes over what was written to <see cref="Row"/>.</summary>
    public void Finish(int row, float* pair)
    {
        if (!bf16 || (row & 1) == 0) return;
        for (var column = 0; column < columns; column += VectorMath.Lanes)
            VectorMath.StorePairs(Vector512.Load(pair + column), Vector512.Load(pair + columns + column), Pair(row, column));
    }

    /// <summary>Takes over a pair of rows that are bfloat16 already; the second may be one that is made up.</summary>
    public void FinishPair(int odd, ushort* even, nint ld)
    {
        for (var column = 0; column < columns; column += VectorMath.Lanes)
        {
            var first = odd - 1 < rows ? VectorMath.LoadBf16(even + column).AsUInt32() >>> 16 : Vector512<uint>.Zero;
            var second = odd < rows ? VectorMath.LoadBf16(even + ld + column).AsUInt32() : Vector512<uint>.Zero;
            (first | second).Store((uint*)Pair(odd, column));
        }
    }

    private ushort* Pair(int row, int column)
    {
        var panel = column / Bf16WeightGradient.PanelWidth * Bf16WeightGradient.PanelWidth;
        var width = Math.Min(Bf16WeightGradient.PanelWidth, columns - panel);
        return (ushort*)memory.Pointer + ((nint)panel * Depth) + ((nint)(row & ~1) * width) + (2 * (column - panel));
    }
}
