using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// The weights of a linear layer in the order in which they are read: panels of a few columns, each with all its depth; single precision,
/// bfloat16 in pairs along the depth, or 8-bit integers in fours. With them the bias, zero where there is none and past the last column.
/// </summary>
/// <remarks>Rests on: a weight and a bias of the shapes that were asked for, dense and in single precision, which <see
/// cref="SinglePrecision.Dense"/> makes sure of; and on panels being within the matrix.</remarks>
internal sealed unsafe class PackedMatrix : IDisposable
{
    private readonly NativeBuffer _values;
    private readonly NativeBuffer _bias;

    /// <summary>Of 8-bit integers: each column's factor, and then the sum of its weights times the factor.</summary>
    private readonly NativeBuffer? _factors;

    /// <summary>Reserves memory; <see cref="Fill(float*, int, int, float)"/> fills it.</summary>
    private PackedMatrix(int outputs, int inputs, InferencePrecision precision)
    {
        Debug.Assert(outputs > 0 && inputs > 0, "There are weights.");
        Debug.Assert(
            precision switch { InferencePrecision.Bf16 => inputs % 2, InferencePrecision.Int8 => inputs % Int8Kernel.Group, _ => 0 } == 0,
            "Those of bfloat16 come in pairs, and integers in fours.");
        (Columns, Depth, Precision) = (outputs, inputs, precision);
        PanelWidth = precision == InferencePrecision.Fp32 ? TileKernel.Columns : 64;
        _values = new NativeBuffer((long)VectorMath.Pad(outputs) * inputs * ElementSize, clear: false);
        _bias = new NativeBuffer(((long)VectorMath.Pad(outputs) + PanelWidth) * sizeof(float));
        if (IsInt8) _factors = new NativeBuffer(2L * VectorMath.Pad(outputs) * sizeof(float));
    }

    public int Columns { get; }

    public int Depth { get; }

    public InferencePrecision Precision { get; }

    public bool IsBf16 => Precision == InferencePrecision.Bf16;

    public bool IsInt8 => Precision == InferencePrecision.Int8;

    public int PanelWidth { get; }

    public int Panels => (VectorMath.Pad(Columns) + PanelWidth - 1) / PanelWidth;

    public float* Bias => _bias.Floats;

    /// <summary>Bytes of a weight, and of a number that it is multiplied by.</summary>
    public int ElementSize => SizeOf(Precision);

    /// <summary>Of 8-bit integers, what each column's are multiplied by.</summary>
    public float* Factors => _factors!.Floats;

    /// <summary>Of 8-bit integers, the sum of each column's weights, times its factor.</summary>
    public float* Sums => _factors!.Floats + VectorMath.Pad(Columns);

    /// <summary>Prepares <c>y = x Wᵀ + b</c>.</summary>
    /// <param name="weight"><c>[outputs, inputs]</c>, on the CPU in single precision; borrowed.</param>
    /// <param name="bias"><c>[outputs]</c> or <see langword="null"/>; borrowed.</param>
    /// <param name="shape">The weight's shape after the configuration; dimensions past the first are taken together.</param>
    /// <param name="streamed">Weights that are still in their file: <see cref="StreamedWeights.Fill()"/> fills the matrix then.</param>
    /// <param name="precision">What to round to; the depth must be even for bfloat16, and a multiple of four for integers.</param>
    /// <param name="scaledColumns">How many of the first outputs are multiplied by <paramref name="scale"/>.</param>
    /// <param name="scale">The factor.</param>
    public static PackedMatrix Create(
        Tensor weight, Tensor? bias, long[] shape, StreamedWeights? streamed, InferencePrecision precision = InferencePrecision.Fp32,
        int scaledColumns = 0, float scale = 1)
    {
        using var scope = NewDisposeScope();
        var flat = SinglePrecision.Dense(weight, shape).flatten(1);
        using var unfinished = new Unfinished();
        var packed = unfinished.Keep(new PackedMatrix((int)flat.size(0), (int)flat.size(1), precision));
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
    public static PackedMatrix Reserve(int columns, int depth, bool bf16) =>
        new(columns, depth, bf16 ? InferencePrecision.Bf16 : InferencePrecision.Fp32);

    /// <summary>Bytes of a number.</summary>
    public static int SizeOf(InferencePrecision precision) => precision switch
    {
        InferencePrecision.Bf16 => sizeof(ushort),
        InferencePrecision.Int8 => sizeof(byte),
        _ => sizeof(float),
    };

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
        _factors?.Dispose();
    }

    /// <summary>Fills one panel.</summary>
    /// <param name="source"><c>[outputs, inputs]</c>.</param>
    /// <param name="panel">Which.</param>
    /// <param name="scaledColumns">How many of the first outputs are multiplied by <paramref name="scale"/>.</param>
    /// <param name="scale">The factor.</param>
    public void Fill(float* source, int panel, int scaledColumns, float scale)
    {
        if (IsInt8)
        {
            FillInt8(source, panel, scaledColumns, scale);
            return;
        }

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

    /// <summary>The same of integers, four of a column next to each other; what lies past the last column is zero.</summary>
    private void FillInt8(float* source, int panel, int scaledColumns, float scale)
    {
        const float Largest = 127;
        var width = WidthOf(panel);
        // Rows of the source need not end where vectors do.
        var values = stackalloc float[VectorMath.Lanes];
        for (var within = 0; within < width; within++)
        {
            var column = (panel * PanelWidth) + within;
            var target = (int*)Panel(panel, 0) + within;
            var weights = column < Columns ? source + ((nint)column * Depth) : null;
            var most = Vector512<float>.Zero;
            for (var d = 0; weights is not null && d < Depth; d += VectorMath.Lanes)
                most = Vector512.Max(most, Vector512.Abs(Part(weights, d, values)));
            var step = Lanes16.Largest(new(most)) / Largest;
            var inverse = Vector512.Create(step > 0 ? 1 / step : 0);
            var sum = Vector512<int>.Zero;
            for (var d = 0; d < Depth; d += VectorMath.Lanes)
            {
                var rounded = weights is null
                    ? Vector512<int>.Zero
                    : Avx512F.ConvertToVector512Int32(Part(weights, d, values) * inverse);
                sum += rounded;
                var fours = Avx512F.ConvertToVector128SByteWithSaturation(rounded).AsInt32();
                for (var four = 0; four < Math.Min(VectorMath.Lanes, Depth - d) / Int8Kernel.Group; four++, target += width)
                    *target = fours[four];
            }

            var factor = column < scaledColumns ? step * scale : step;
            (Factors[column], Sums[column]) = (factor, factor * Vector512.Sum(sum));
        }
    }

    /// <summary>Up to 16 numbers of a column's weights; zero past the last.</summary>
    private Vector512<float> Part(float* weights, int depth, float* values)
    {
        if (Depth - depth >= VectorMath.Lanes) return Vector512.Load(weights + depth);
        new Span<float>(values, VectorMath.Lanes).Clear();
        new ReadOnlySpan<float>(weights + depth, Depth - depth).CopyTo(new Span<float>(values, VectorMath.Lanes));
        return Vector512.Load(values);
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
