using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Ark.Models;

/// <summary>
/// <see cref="WeightGradient"/> of bfloat16 factors, with single-precision sums: dY on its side, <c>[outputs, depth]</c>, and X in panels
/// of pairs of rows, where depth is the number of rows, made up with zeros.
/// </summary>
/// <remarks>Rests on: outputs and inputs being multiples of 16, depth an even number, and what is made up being zero.</remarks>
/// <param name="outputGradient">dYᵀ, of <see cref="Transpose"/>.</param>
/// <param name="outputs">Its rows.</param>
/// <param name="input">X, of <see cref="InputRows"/>.</param>
/// <param name="inputs">Its columns.</param>
/// <param name="depth">What is summed over.</param>
/// <param name="weight">dW, <c>[outputs, inputs]</c>.</param>
/// <param name="bias">The bias's gradient, which is added to; <see langword="null"/> where there is none.</param>
/// <param name="add">Whether to add to the weight's gradient, too.</param>
internal readonly unsafe struct Bf16WeightGradient(
    ushort* outputGradient, int outputs, ushort* input, int inputs, int depth, float* weight, float* bias, bool add)
{
    /// <summary>Columns of a panel, and rows of dW that are computed together.</summary>
    public const int PanelWidth = 64;

    private const int DepthTogether = 1024;
    private const int PiecesPerThread = 6;
    private const int RowsOfPiece = 256;

    /// <summary>This thread's share of laying dY on its side.</summary>
    /// <param name="worker">The thread.</param>
    /// <param name="from">dY, bfloat16, <c>[rows, outputs]</c>.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="outputs">Its columns, a multiple of 16.</param>
    /// <param name="depth">Numbers of a row of the result, a multiple of 16; zeros follow the last row.</param>
    /// <param name="to">Receives <c>[outputs, depth]</c>.</param>
    public static void Transpose(WorkerTeam.Worker worker, ushort* from, int rows, int outputs, int depth, ushort* to)
    {
        var blocks = (depth + RowsOfPiece - 1) / RowsOfPiece;
        for (var piece = worker.Next(); piece < blocks * (outputs / VectorMath.Lanes); piece = worker.Next())
        {
            var (group, block) = Math.DivRem(piece, blocks);
            TransposeBlock(
                from, rows, outputs, depth, to, group * VectorMath.Lanes, block * RowsOfPiece,
                Math.Min(depth, (block + 1) * RowsOfPiece));
        }
    }

    /// <summary>Computes this thread's share.</summary>
    public void Run(WorkerTeam.Worker worker)
    {
        Debug.Assert(outputs % VectorMath.Lanes == 0 && inputs % VectorMath.Lanes == 0 && depth % 2 == 0, "Columns are whole vectors.");
        var panels = (inputs + PanelWidth - 1) / PanelWidth;
        var tiles = (outputs + PanelWidth - 1) / PanelWidth;
        var groups = Math.Clamp(((worker.Count * PiecesPerThread) + panels - 1) / panels, 1, tiles);
        for (var piece = worker.Next(); piece < panels * groups; piece = worker.Next())
        {
            var (group, panel) = Math.DivRem(piece, panels);
            Piece(panel * PanelWidth, tiles * group / groups, tiles * (group + 1) / groups);
        }
    }

    private void Piece(int column, int firstTile, int endTile)
    {
        var width = Math.Min(PanelWidth, inputs - column);
        for (var row = 0; row < depth; row += DepthTogether)
        {
            var deep = Math.Min(DepthTogether, depth - row);
            var b = input + ((nint)column * depth) + ((nint)row * width);
            for (var tile = firstTile; tile < endTile; tile++)
            {
                var output = tile * PanelWidth;
                Bf16Kernel.Multiply(
                    outputGradient + ((nint)output * depth) + row, depth, b, width, weight + ((nint)output * inputs) + column, inputs,
                    Math.Min(PanelWidth, outputs - output), deep, width, add || row > 0);
            }
        }

        if (column > 0 || bias is null) return;
        for (var output = firstTile * PanelWidth; output < Math.Min(outputs, endTile * PanelWidth); output++)
            bias[output] += Sum(outputGradient + ((nint)output * depth));
    }

    private float Sum(ushort* row)
    {
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < depth; i += VectorMath.Lanes) sum += VectorMath.LoadBf16(row + i);
        return Vector512.Sum(sum);
    }

    private static void TransposeBlock(ushort* from, int rows, int outputs, int depth, ushort* to, int column, int first, int end)
    {
        var block = stackalloc float[512];
        var turned = block + 256;
        for (var row = first; row < end; row += VectorMath.Lanes)
        {
            var source = from + ((nint)row * outputs) + column;
            for (var r = 0; r < VectorMath.Lanes; r++, source += outputs)
                (row + r < rows ? VectorMath.LoadBf16(source) : Vector512<float>.Zero).Store(block + (r * VectorMath.Lanes));
            Transposition.Run(block, VectorMath.Lanes, turned, VectorMath.Lanes);
            for (var c = 0; c < VectorMath.Lanes; c++)
                Lanes16.Load(turned + (c * VectorMath.Lanes)).StoreBf16(to + ((nint)(column + c) * depth) + row);
        }
    }
}
