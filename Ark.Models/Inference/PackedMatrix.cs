using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// The weights of a linear layer in the order in which they are read: panels of a few columns, each with all its depth; single precision,
/// or bfloat16 in pairs along the depth. With them the bias, zero where there is none and past the last column.
/// </summary>
/// <remarks>Rests on: a weight and a bias of the shapes that were asked for, dense and in single precision, which <see
/// cref="SinglePrecision.Dense"/> makes sure of; and on panels being within the matrix.</remarks>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private readonly NativeBuffer _values;
    private readonly NativeBuffer _bias;

    /// <summary>Reserves memory; <see cref="Fill(float*, int, int, float)"/> fills it.</summary>
    private PackedMatrix(int outputs, int inputs, bool bf16)
    {
        Debug.Assert(outputs > 0 && inputs > 0 && (!bf16 || inputs % 2 == 0), "There are weights; those of bfloat16 come in pairs.");
        (Columns, Depth, IsBf16) = (outputs, inputs, bf16);
        PanelWidth = bf16 ? 64 : TileKernel.Columns;
        _values = new NativeBuffer((long)VectorMath.Pad(outputs) * inputs * ElementSize, clear: false);
        _bias = new NativeBuffer(((long)VectorMath.Pad(outputs) + PanelWidth) * sizeof(float));
    }

    public int Columns { get; }

    public int Depth { get; }

    public bool IsBf16 { get; }

    public int PanelWidth { get; }

    public int Panels => (VectorMath.Pad(Columns) + PanelWidth - 1) / PanelWidth;

    public float* Bias => _bias.Floats;

    /// <summary>Bytes of a weight, and of a number that it is multiplied by.</summary>
    public int ElementSize => IsBf16 ? sizeof(ushort) : sizeof(float);

    /// <summary>Prepares <c>y = x Wᵀ + b</c>.</summary>
    /// <param name="weight"><c>[outputs, inputs]</c>, on the CPU in single precision; borrowed.</param>
    /// <param name="bias"><c>[outputs]</c> or <see langword="null"/>; borrowed.</param>
    /// <param name="shape">The weight's shape after the configuration; dimensions past the first are taken together.</param>
    /// <param name="streamed">Weights that are still in their file: <see cref="StreamedWeights.Fill()"/> fills the matrix then.</param>
    /// <param name="bf16">Whether to round to bfloat16; the depth must be even then.</param>
    /// <param name="scaledColumns">How many of the first outputs are multiplied by <paramref name="scale"/>.</param>
    /// <param name="scale">The factor.</param>
    public static PackedMatrix Create(
        Tensor weight, Tensor? bias, long[] shape, StreamedWeights? streamed, bool bf16 = false, int scaledColumns = 0, float scale = 1)
    {
        using var scope = NewDisposeScope();
        var flat = SinglePrecision.Dense(weight, shape).flatten(1);
        using var unfinished = new Unfinished();
        var packed = unfinished.Keep(new PackedMatrix((int)flat.size(0), (int)flat.size(1), bf16));
        if (streamed?.Defer(weight, packed, scaledColumns, scale) != true)
        {
            // Panels read Columns rows of Depth numbers from here.
            Debug.Assert(flat.is_contiguous() && flat.numel() == (long)packed.Columns * packed.Depth, "The weight is whole.");
            fixed (byte* source = flat.bytes)
            {
                var start = (float*)source;
                WorkerTeam.Shared.Run(get_num_threads(), worker =>
                {
                    for (var panel = worker.Next(); panel < packed.Panels; panel = worker.Next())
                        packed.Fill(start, panel, scaledColumns, scale);
                });
            }
        }

        if (bias is not null)
        {
            var dense = SinglePrecision.Dense(bias, shape[0]);
            var values = MemoryMarshal.Cast<byte, float>(dense.bytes);
            // There is room for Pad(outputs) of them.
            Debug.Assert(values.Length == packed.Columns, "The bias has a number for each output.");
            for (var i = 0; i < values.Length; i++) packed.Bias[i] = i < scaledColumns ? values[i] * scale : values[i];
        }

        unfinished.Finish();
        return packed;
    }

    /// <summary>
    /// Room for the weights of a layer, which <see cref="Pack"/> or <see cref="PackForGradient"/> fills as often as they move.
    /// </summary>
    /// <param name="columns">Numbers of an output row.</param>
    /// <param name="depth">Numbers of an input row.</param>
    /// <param name="bf16">Whether they are rounded to bfloat16; the depth must be even then.</param>
    public static PackedMatrix Reserve(int columns, int depth, bool bf16) => new(columns, depth, bf16);

    /// <summary>This thread's share of packing <c>y = x Wᵀ + b</c>.</summary>
    /// <param name="worker">The thread.</param>
    /// <param name="weight"><c>[outputs, inputs]</c>.</param>
    /// <param name="bias"><c>[outputs]</c>, or <see langword="null"/>.</param>
    /// <param name="scaledColumns">How many of the first outputs are multiplied by <paramref name="scale"/>.</param>
    /// <param name="scale">The factor.</param>
    public void Pack(WorkerTeam.Worker worker, float* weight, float* bias, int scaledColumns = 0, float scale = 1)
    {
        for (var panel = worker.Next(); panel < Panels; panel = worker.Next()) Fill(weight, panel, scaledColumns, scale);
        if (bias is null || worker.Index != 0) return;
        for (var i = 0; i < Columns; i++) Bias[i] = i < scaledColumns ? bias[i] * scale : bias[i];
    }

    /// <summary>This thread's share of packing <c>dx = dy W</c>, the gradient with respect to the layer's input.</summary>
    /// <param name="worker">The thread.</param>
    /// <param name="weight"><c>[outputs, inputs]</c>; inputs are the columns here, a multiple of 16, and outputs the depth.</param>
    public void PackForGradient(WorkerTeam.Worker worker, float* weight)
    {
        Debug.Assert(Columns % VectorMath.Lanes == 0, "Rows are whole vectors.");
        for (var panel = worker.Next(); panel < Panels; panel = worker.Next())
        {
            var width = WidthOf(panel);
            for (var within = 0; within < width; within += VectorMath.Lanes)
            {
                var source = weight + (panel * PanelWidth) + within;
                if (IsBf16)
                {
                    var target = (ushort*)Panel(panel, 0) + (2 * within);
                    for (nint d = 0; d < Depth; d += 2, target += 2 * width)
                        VectorMath.StorePairs(
                            Vector512.Load(source + (d * Columns)), Vector512.Load(source + ((d + 1) * Columns)), target);
                }
                else
                {
                    var target = (float*)Panel(panel, 0) + within;
                    for (nint d = 0; d < Depth; d++, target += width) Copy16(source + (d * Columns), target);
                }
            }
        }
    }

    public int WidthOf(int panel) => Math.Min(PanelWidth, VectorMath.Pad(Columns) - (panel * PanelWidth));

    /// <summary>Where a panel's rows begin that lie this deep.</summary>
    public void* Panel(int panel, nint depth)
    {
        Debug.Assert(panel >= 0 && panel < Panels && depth >= 0 && depth < Depth, "The panel is within the matrix.");
        Debug.Assert(_values.Holds(VectorMath.Pad(Columns), Depth, ElementSize), "The matrix is alive, and whole.");
        return (byte*)_values.Pointer + (((panel * (nint)PanelWidth * Depth) + (depth * WidthOf(panel))) * ElementSize);
    }

    public void Dispose()
    {
        _values.Dispose();
        _bias.Dispose();
    }

    /// <summary>Fills one panel.</summary>
    /// <param name="source"><c>[outputs, inputs]</c>.</param>
    /// <param name="panel">Which.</param>
    /// <param name="scaledColumns">How many of the first outputs are multiplied by <paramref name="scale"/>.</param>
    /// <param name="scale">The factor.</param>
    public void Fill(float* source, int panel, int scaledColumns, float scale)
    {
        var block = stackalloc float[256];
        var width = WidthOf(panel);
        for (var within = 0; within < width; within += VectorMath.Lanes)
        {
            var column = (panel * PanelWidth) + within;
            for (var depth = 0; depth < Depth; depth += VectorMath.Lanes)
            {
                var depths = Math.Min(VectorMath.Lanes, Depth - depth);
                Take(source, column, depth, depths, block);
                for (var c = 0; c < Math.Clamp(scaledColumns - column, 0, VectorMath.Lanes); c++)
                {
                    for (var d = 0; d < depths; d++) block[(d * VectorMath.Lanes) + c] *= scale;
                }

                if (IsBf16) PutPairs(block, (ushort*)Panel(panel, depth) + (2 * within), width, depths);
                else Put(block, (float*)Panel(panel, depth) + within, width, depths);
            }
        }
    }

    /// <summary>16 columns of 16 rows, transposed; zero past the last.</summary>
    private void Take(float* source, int column, int depth, int depths, float* block)
    {
        source += ((nint)column * Depth) + depth;
        var columns = Math.Min(VectorMath.Lanes, Columns - column);
        Debug.Assert(columns > 0 && depths > 0 && depth + depths <= Depth, "What is taken is within the weight.");
        if (columns == VectorMath.Lanes && depths == VectorMath.Lanes)
        {
            Transposition.Run(source, Depth, block, VectorMath.Lanes);
            return;
        }

        new Span<float>(block, VectorMath.Lanes * VectorMath.Lanes).Clear();
        for (var c = 0; c < columns; c++)
        {
            for (var d = 0; d < depths; d++) block[(d * VectorMath.Lanes) + c] = source[((nint)c * Depth) + d];
        }
    }

    private static void Put(float* block, float* target, int width, int depths)
    {
        for (var d = 0; d < depths; d++) Copy16(block + (d * VectorMath.Lanes), target + (d * width));
    }

    private static void Copy16(float* from, float* to) => Unsafe.CopyBlockUnaligned(to, from, VectorMath.Lanes * sizeof(float));

    private static void PutPairs(float* block, ushort* target, int width, int depths)
    {
        Debug.Assert(depths % 2 == 0, "Rows come in pairs.");
        for (var d = 0; d < depths; d += 2)
            VectorMath.StorePairs(Vector512.Load(block + (d * 16)), Vector512.Load(block + (d * 16) + 16), target + (d * width));
    }
}
