using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Ark.Models;

/// <summary>
/// The gradients of a linear layer's weight and bias: <c>dW = dYᵀ X</c> and the sums of dY's columns. Each number is summed by one thread
/// in the order of the rows, so the result does not depend on how many there are.
/// </summary>
/// <remarks>Rests on: outputs and inputs being multiples of 16, as long as their rows say.</remarks>
/// <param name="outputGradient">dY, <c>[rows, outputs]</c>.</param>
/// <param name="outputs">Its columns.</param>
/// <param name="input">X, <c>[rows, inputs]</c>.</param>
/// <param name="inputs">Its columns.</param>
/// <param name="rows">The rows of both.</param>
/// <param name="weight">dW, <c>[outputs, inputs]</c>.</param>
/// <param name="bias">The bias's gradient, which is added to; <see langword="null"/> where there is none.</param>
/// <param name="add">Whether to add to the weight's gradient, too.</param>
internal readonly unsafe struct WeightGradient(
    float* outputGradient, int outputs, float* input, int inputs, int rows, float* weight, float* bias, bool add)
{
    /// <summary>Rows that are gone through at once, so that the columns of X that are used again and again stay near.</summary>
    private const int RowsTogether = 160;

    private const int PiecesPerThread = 8;

    /// <summary>Computes this thread's share.</summary>
    public void Run(WorkerTeam.Worker worker)
    {
        Debug.Assert(outputs % TileKernel.Rows == 0 && inputs % VectorMath.Lanes == 0, "Columns are whole tiles.");
        var panels = (inputs + TileKernel.Columns - 1) / TileKernel.Columns;
        var tiles = outputs / TileKernel.Rows;
        var groups = Math.Clamp((worker.Count * PiecesPerThread + panels - 1) / panels, 1, tiles);
        for (var piece = worker.Next(); piece < panels * groups; piece = worker.Next())
        {
            var (group, panel) = Math.DivRem(piece, panels);
            Piece(panel * TileKernel.Columns, tiles * group / groups, tiles * (group + 1) / groups);
        }
    }

    private void Piece(int column, int firstTile, int endTile)
    {
        var width = Math.Min(TileKernel.Columns, inputs - column);
        for (var row = 0; row < rows; row += RowsTogether)
        {
            var deep = Math.Min(RowsTogether, rows - row);
            var b = input + ((nint)row * inputs) + column;
            for (var tile = firstTile; tile < endTile; tile++)
            {
                var output = tile * TileKernel.Rows;
                var a = outputGradient + ((nint)row * outputs) + output;
                TileKernel.MultiplyTransposed(
                    a, outputs, b, inputs, weight + ((nint)output * inputs) + column, inputs, deep, width, add || row > 0);
                if (column == 0 && bias is not null) Sum(a, deep, bias + output);
            }
        }
    }

    private void Sum(float* a, int deep, float* to)
    {
        var sum = Vector256.Load(to);
        for (var k = 0; k < deep; k++, a += outputs) sum += Vector256.Load(a);
        sum.Store(to);
    }
}
