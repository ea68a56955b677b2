using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Ark.Models;

/// <summary>What becomes of a product before it is stored.</summary>
internal enum Finish
{
    /// <summary>The bias is added.</summary>
    Bias,

    /// <summary>The bias is added and GELU applied.</summary>
    Gelu,

    /// <summary>The bias is added and what is below zero set to zero.</summary>
    Relu,

    /// <summary>Bias and product are added to what is there: a residual branch.</summary>
    Residual,
}

/// <summary>A linear layer over many rows, cut into pieces that the threads share out.</summary>
/// <param name="weights">The layer.</param>
/// <param name="finish">What becomes of the product.</param>
/// <param name="input">Rows of single precision or bfloat16, as the weights are; up to seven rows past the last are read.</param>
/// <param name="ldInput">From one row to the next.</param>
/// <param name="total">How many rows.</param>
/// <param name="output">Rows of single precision.</param>
/// <param name="ldOutput">From one row to the next; a multiple of 16 that holds all columns.</param>
/// <param name="outputIsBf16">Whether the output is rounded to bfloat16 instead.</param>
/// <param name="order">Where each row of the output stands.</param>
internal readonly unsafe struct LinearLayer(
    PackedMatrix weights, Finish finish, void* input, nint ldInput, int total, void* output, nint ldOutput, bool outputIsBf16, TokenOrder order)
{
    /// <summary>Rows of a piece, so that its part of A stays in the second-level cache and its sums in the first.</summary>
    private const int MaximalRows = 112;

    /// <summary>Bytes of a row that are gone through at once, for the same reason.</summary>
    private const int DepthBytes = 4096;

    /// <summary>Multiply-adds of a piece: some tens of microseconds.</summary>
    private const long PieceSize = 4_000_000;

    /// <summary>Numbers that a thread needs for a piece's sums.</summary>
    public const int ScratchSize = MaximalRows * 64;

    /// <summary>Computes this thread's share.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(WorkerTeam.Worker worker, float* scratch)
    {
        var rowBlocks = (total + MaximalRows - 1) / MaximalRows;
        var blockRows = (((total + rowBlocks - 1) / rowBlocks) + TileKernel.Rows - 1) / TileKernel.Rows * TileKernel.Rows;
        rowBlocks = (total + blockRows - 1) / blockRows;
        var panelsTogether = (int)Math.Clamp(PieceSize / ((long)blockRows * weights.PanelWidth * weights.Depth), 1, weights.Panels);
        var panelGroups = (weights.Panels + panelsTogether - 1) / panelsTogether;
        for (var piece = worker.Next(); piece < rowBlocks * panelGroups; piece = worker.Next())
        {
            var (block, group) = Math.DivRem(piece, panelGroups);
            var row = block * blockRows;
            var rows = Math.Min(blockRows, total - row);
            for (var panel = group * panelsTogether; panel < Math.Min(weights.Panels, (group + 1) * panelsTogether); panel++)
            {
                Product(row, rows, panel, scratch);
                Complete(row, rows, panel, scratch);
            }
        }
    }

    private void Product(int row, int rows, int panel, float* sums)
    {
        var width = weights.WidthOf(panel);
        var step = DepthBytes / (weights.IsBf16 ? sizeof(ushort) : sizeof(float));
        for (nint depth = 0; depth < weights.Depth; depth += step)
        {
            var deep = Math.Min(step, weights.Depth - depth);
            if (weights.IsBf16)
            {
                var whole = (rows + TileKernel.Rows - 1) / TileKernel.Rows * TileKernel.Rows;
                Bf16Kernel.Multiply((ushort*)input + (row * ldInput) + depth, ldInput, (ushort*)weights.Panel(panel, depth), width, sums, width, whole, deep, width, depth > 0);
                continue;
            }

            var a = (float*)input + (row * ldInput) + depth;
            var b = (float*)weights.Panel(panel, depth);
            for (var r = 0; r < rows; r += TileKernel.Rows)
                TileKernel.Multiply(a + (r * ldInput), ldInput, b, width, sums + (r * width), width, deep, width, depth > 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Complete(int row, int rows, int panel, float* sums)
    {
        var width = weights.WidthOf(panel);
        var first = panel * weights.PanelWidth;
        var bias = weights.Bias + first;
        var gelu = finish == Finish.Gelu ? new Gelu() : default;
        for (var r = 0; r < rows; r++)
        {
            var place = (order.TokenOf(row + r) * ldOutput) + first;
            for (var column = 0; column < width; column += VectorMath.Lanes)
            {
                var value = Vector512.Load(sums + (r * width) + column) + Vector512.Load(bias + column);
                value = finish switch
                {
                    Finish.Gelu => gelu.Apply(value),
                    Finish.Relu => Vector512.Max(value, Vector512<float>.Zero),
                    Finish.Residual => value + Vector512.Load((float*)output + place + column),
                    _ => value,
                };
                if (outputIsBf16) VectorMath.StoreBf16(value, (ushort*)output + place + column);
                else value.Store((float*)output + place + column);
            }
        }
    }
}
