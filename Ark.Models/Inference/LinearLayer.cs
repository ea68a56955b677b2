using System.Diagnostics;
using System.Runtime.CompilerServices;

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

    /// <summary>The product is multiplied by the slope of GELU at the numbers that it was applied to: its backward pass.</summary>
    GeluSlope,
}

/// <summary>A linear layer over many rows, cut into pieces that the threads share out.</summary>
/// <remarks>Rests on: the caller having reserved whole tiles of rows of the input, as many columns of output as the layer pads to,
/// and <see cref="ScratchSize"/> numbers for each thread; and on the three being alive, which the pass holds.</remarks>
/// <param name="weights">The layer.</param>
/// <param name="finish">What becomes of the product.</param>
/// <param name="input">Rows of single precision, bfloat16 or integers, as the weights are; up to seven rows past the last are read.</param>
/// <param name="ldInput">From one row to the next.</param>
/// <param name="total">How many rows.</param>
/// <param name="output">Rows of single precision.</param>
/// <param name="ldOutput">From one row to the next; a multiple of 16 that holds all columns.</param>
/// <param name="outputIsBf16">Whether the output is rounded to bfloat16 instead, which only GELU's is.</param>
/// <param name="order">Where each row of the output stands.</param>
internal readonly unsafe struct LinearLayer(
    PackedMatrix weights, Finish finish, NativeRegion input, nint ldInput, int total, NativeRegion output, nint ldOutput,
    bool outputIsBf16, TokenOrder order)
{
    /// <summary>
    /// Rows of a piece: so many that each number of the weights, which come from afar, is used often; the part of A that they take stays in
    /// the second-level cache.
    /// </summary>
    private const int MaxRows = 208;

    /// <summary>Bytes of a row that are gone through at once, for the same reason.</summary>
    private const int DepthBytes = 2048;

    /// <summary>Panels of a piece, which share its part of A.</summary>
    private const int MaxPanels = 4;

    /// <summary>Pieces for each thread, so that none waits long for the last.</summary>
    private const int PiecesPerThread = 6;

    /// <summary>Rows between which oneDNN's products fetch part of the panel that comes next: bfloat16, and integers.</summary>
    private const int RowsOfBf16Call = 56;

    private const int RowsOfInt8Call = 104;

    private const int LineBytes = 64;

    /// <summary>
    /// What GELU is or was applied to, of the output's shape: a training pass keeps it for the gradient. None elsewhere.
    /// </summary>
    public NativeRegion BeforeGelu { get; init; }

    /// <summary>What a residual branch is added to, of the output's shape; none for the output itself.</summary>
    public NativeRegion Shortcut { get; init; }

    /// <summary>What a residual branch is multiplied by, for each image of the order; <see langword="null"/> for 1.</summary>
    public float[]? BranchScales { get; init; }

    /// <summary>Of integers, each row's step and least number.</summary>
    public NativeRegion RowFactors { get; init; }

    /// <summary>Numbers that a thread needs for a piece's sums.</summary>
    public const int ScratchSize = MaxRows * 64 * MaxPanels;

    /// <summary>Computes this thread's share.</summary>
    public void Run(WorkerTeam.Worker worker, NativeBuffer scratch)
    {
        Debug.Assert(ldInput >= weights.Depth && ldOutput >= VectorMath.Pad(weights.Columns), "Rows hold what is read and written.");
        Debug.Assert(ldOutput % VectorMath.Lanes == 0, "Whole vectors are written.");
        Debug.Assert(
            input.Holds((total + TileKernel.Rows - 1) / TileKernel.Rows * TileKernel.Rows, ldInput, weights.ElementSize),
            "The input has whole tiles of rows.");
        Debug.Assert(
            output.Holds(order.End(total), ldOutput, outputIsBf16 ? sizeof(ushort) : sizeof(float)), "The output has every row's place.");
        Debug.Assert(BeforeGelu.IsNone || BeforeGelu.Holds(order.End(total), ldOutput), "What GELU is applied to has every row's place.");
        Debug.Assert(Shortcut.IsNone || Shortcut.Holds(order.End(total), ldOutput), "The shortcut has every row's place.");
        Debug.Assert(!weights.IsInt8 || RowFactors.Holds(total, Int8Rows.Factors), "Every row of integers has its factors.");
        Debug.Assert(scratch.Holds(1, ScratchSize), "There is room for the sums of a piece.");
        var (blockRows, panels) = Divide(worker.Count);
        var groups = (weights.Panels + panels - 1) / panels;
        var blocks = (total + blockRows - 1) / blockRows;
        for (var piece = worker.Next(); piece < blocks * groups; piece = worker.Next())
        {
            var (block, group) = Math.DivRem(piece, groups);
            var first = group * panels;
            Piece(
                block * blockRows,
                Math.Min(blockRows, total - (block * blockRows)),
                first,
                Math.Min(first + panels, weights.Panels),
                scratch.Floats);
        }
    }

    /// <summary>Rows and panels of a piece: large ones, unless they are too few for the threads.</summary>
    private (int Rows, int Panels) Divide(int threads)
    {
        var (rows, panels) = (Even(MaxRows), MaxPanels);
        while (Pieces(rows, panels) < threads * PiecesPerThread && panels > 1) panels--;
        while (Pieces(rows, panels) < threads * PiecesPerThread && rows > 6 * TileKernel.Rows) rows = Even(rows / 2);
        return (rows, panels);
    }

    private int Pieces(int rows, int panels) => (total + rows - 1) / rows * ((weights.Panels + panels - 1) / panels);

    /// <summary>The rows of equal blocks of at most so many, whole tiles each.</summary>
    private int Even(int most)
    {
        var blocks = (total + most - 1) / most;
        return (((total + blocks - 1) / blocks) + TileKernel.Rows - 1) / TileKernel.Rows * TileKernel.Rows;
    }

    private void Piece(int row, int rows, int firstPanel, int endPanel, float* sums)
    {
        Debug.Assert(
            rows > 0 && row % TileKernel.Rows == 0 && rows <= MaxRows && endPanel - firstPanel <= MaxPanels, "The piece fits the scratch.");
        var step = DepthBytes / weights.ElementSize;
        for (var depth = 0; depth < weights.Depth; depth += step)
        {
            var deep = Math.Min(step, weights.Depth - depth);
            for (var panel = firstPanel; panel < endPanel; panel++)
            {
                var next = panel + 1 < endPanel
                    ? weights.Panel(panel + 1, depth)
                    : depth + step < weights.Depth ? weights.Panel(firstPanel, depth + step)
                    : null;
                var tile = sums + ((panel - firstPanel) * MaxRows * weights.PanelWidth);
                if (weights.Precision != InferencePrecision.Fp32) MultiplyRounded(row, rows, panel, depth, deep, tile, (byte*)next);
                else Multiply(row, rows, panel, depth, deep, tile, (float*)next);
                if (depth + step < weights.Depth) continue;
                if (KernelWidth.Is512) Complete<Lanes16>(row, rows, panel, tile);
                else if (KernelWidth.Is256) Complete<Lanes8>(row, rows, panel, tile);
                else Complete<Lanes4>(row, rows, panel, tile);
            }
        }
    }

    private void Multiply(int row, int rows, int panel, int depth, int deep, float* tile, float* next)
    {
        var width = weights.WidthOf(panel);
        var a = input.Floats + (row * ldInput) + depth;
        var b = (float*)weights.Panel(panel, depth);
        for (var r = 0; r < rows; r += TileKernel.Rows)
        {
            // Three lines are a step's weights, so the first three tiles fetch the whole next panel.
            var ahead = next is null || r >= 3 * TileKernel.Rows ? null : next + ((nint)r / TileKernel.Rows * deep * VectorMath.Lanes);
            TileKernel.Multiply(a + (r * ldInput), ldInput, b, width, tile + (r * width), width, deep, width, depth > 0, ahead);
        }
    }

    private void MultiplyRounded(int row, int rows, int panel, int depth, int deep, float* tile, byte* next)
    {
        var width = weights.WidthOf(panel);
        var b = weights.Panel(panel, depth);
        var bytes = deep * width * weights.ElementSize;
        var together = weights.IsInt8 ? RowsOfInt8Call : RowsOfBf16Call;
        var fetched = 0;
        for (var r = 0; r < rows; r += together)
        {
            var whole = (Math.Min(together, rows - r) + TileKernel.Rows - 1) / TileKernel.Rows * TileKernel.Rows;
            var share = next is null ? 0 : (int)((long)bytes * Math.Min(rows, r + together) / rows);
            for (; fetched < share; fetched += LineBytes) VectorMath.Prefetch(next + fetched);
            var a = (byte*)input.Pointer + ((((row + r) * ldInput) + depth) * weights.ElementSize);
            var sums = tile + (r * width);
            if (weights.IsInt8)
                Int8Kernel.Multiply(a, ldInput, (sbyte*)b, width, (int*)sums, width, whole, deep, width, depth > 0);
            else
                Bf16Kernel.Multiply((ushort*)a, ldInput, (ushort*)b, width, sums, width, whole, deep, width, depth > 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Complete<T>(int row, int rows, int panel, float* tile) where T : unmanaged, ILanes<T>
    {
        var width = weights.WidthOf(panel);
        var first = panel * weights.PanelWidth;
        var bias = weights.Bias + first;
        var size = outputIsBf16 ? sizeof(ushort) : sizeof(float);
        var table = Gelu.Table;
        for (var r = 0; r < rows; r++, tile += width)
        {
            if (weights.IsInt8)
                Int8Rows.Rescale(
                    (int*)tile, RowFactors.Floats + ((nint)Int8Rows.Factors * (row + r)), weights.Factors + first, weights.Sums + first,
                    width);
            var token = order.TokenOf(row + r);
            var place = (token * ldOutput) + first;
            var target = (byte*)output.Pointer + (place * size);
            if (!BeforeGelu.IsNone)
            {
                CompleteForTraining<T>(tile, bias, target, BeforeGelu.Floats + place, width, table);
            }
            else if (!Shortcut.IsNone)
            {
                var scale = T.Create(BranchScales is null ? 1 : BranchScales[order.ImageOf(token)]);
                for (var column = 0; column < width; column += T.Count)
                    T.MultiplyAdd(
                        T.Load(tile + column) + T.Load(bias + column), scale,
                        T.Load(Shortcut.Floats + place + column)).Store((float*)target + column);
            }
            else if (finish == Finish.Gelu && outputIsBf16)
            {
                for (var column = 0; column < width; column += T.Count)
                    Gelu.Apply(T.Load(tile + column) + T.Load(bias + column), table).StoreBf16((ushort*)target + column);
            }
            else if (finish == Finish.Gelu)
            {
                for (var column = 0; column < width; column += T.Count)
                    Gelu.Apply(T.Load(tile + column) + T.Load(bias + column), table).Store((float*)target + column);
            }
            else if (finish == Finish.Residual)
            {
                for (var column = 0; column < width; column += T.Count)
                    (T.Load(tile + column) + T.Load(bias + column) + T.Load((float*)target + column)).Store(
                        (float*)target + column);
            }
            else
            {
                var least = T.Create(finish == Finish.Relu ? 0 : float.NegativeInfinity);
                for (var column = 0; column < width; column += T.Count)
                    T.Max(T.Load(tile + column) + T.Load(bias + column), least).Store((float*)target + column);
            }
        }
    }

    /// <summary>GELU that keeps what it is applied to, or its backward pass.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CompleteForTraining<T>(float* tile, float* bias, byte* target, float* before, int width, float* table)
        where T : unmanaged, ILanes<T>
    {
        for (var column = 0; column < width; column += T.Count)
        {
            var value = T.Load(tile + column);
            if (finish == Finish.GeluSlope)
            {
                value *= Gelu.Slope(T.Load(before + column), table);
            }
            else
            {
                value += T.Load(bias + column);
                value.Store(before + column);
                value = Gelu.Apply(value, table);
            }

            if (outputIsBf16) value.StoreBf16((ushort*)target + column);
            else value.Store((float*)target + column);
        }
    }
}
