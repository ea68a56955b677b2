using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Ark.Models;

/// <summary>
/// The backward pass of attention within windows. What each query gave to each key is computed again from queries and keys: it is cheaper
/// than to keep it.
/// </summary>
/// <remarks>Rests on: the caller having reserved fifteen rows past the last of queries, keys, values and gradients.</remarks>
/// <param name="kernel">The forward pass, with the same bias and masks.</param>
/// <param name="window">The window's side.</param>
/// <param name="heads">The number of heads.</param>
/// <param name="channels">The channels of all heads.</param>
/// <param name="positions">For each query and key the row of the table of biases.</param>
internal sealed unsafe class WindowAttentionGradient(
    WindowAttentionKernel kernel, int window, int heads, int channels, long[] positions)
{
    /// <summary>Pieces that the windows of a batch and the heads are cut into at least, whatever the threads are.</summary>
    private const int Pieces = 24;

    private readonly int _tokens = window * window;
    private readonly int _keys = VectorMath.Pad(window * window);
    private readonly int _rows = ((window * window) + TileKernel.Rows - 1) / TileKernel.Rows * TileKernel.Rows;
    private readonly int _headChannels = channels / heads;
    private readonly int _columns = VectorMath.Pad(channels / heads);
    private readonly float _scale = MathF.Pow(channels / heads, -0.5f);

    /// <summary>Into how many groups the windows are cut; each sums the gradient of the bias by itself.</summary>
    private readonly int _groups = (Pieces + heads - 1) / heads;

    /// <summary>Numbers that a thread needs: keys and values on their side, two matrices of weights, and results.</summary>
    public int ScratchSize => (2 * _columns * _keys) + (2 * _rows * _keys) + (TileKernel.Rows * _columns);

    /// <summary>Numbers that <see cref="Run"/> leaves for <see cref="AddBias"/>.</summary>
    public long BiasSize => (long)_groups * heads * _tokens * _keys;

    /// <summary>Computes this thread's share.</summary>
    /// <param name="worker">The thread.</param>
    /// <param name="qkv">Rows of queries, keys and values, window by window; the queries are scaled.</param>
    /// <param name="gradient">Rows of the gradient with respect to what attention gave, <c>[rows, channels]</c>.</param>
    /// <param name="windows">How many windows.</param>
    /// <param name="first">The number of the first, counted through all images.</param>
    /// <param name="geometry">The stage.</param>
    /// <param name="qkvGradient">Receives the gradient with respect to queries, before they are scaled, keys and values.</param>
    /// <param name="isBf16">Whether it is rounded to bfloat16.</param>
    /// <param name="bias">Room for <see cref="BiasSize"/> numbers.</param>
    /// <param name="scratch">Room for <see cref="ScratchSize"/> numbers, the thread's own.</param>
    public void Run(
        WorkerTeam.Worker worker, NativeRegion qkv, NativeRegion gradient, int windows, long first, StageGeometry geometry,
        NativeRegion qkvGradient, bool isBf16, NativeRegion bias, NativeRegion scratch)
    {
        var size = isBf16 ? sizeof(ushort) : sizeof(float);
        Debug.Assert(qkv.Holds(((long)windows * _tokens) + VectorMath.Lanes - 1, 3 * channels), "Fifteen rows follow the last.");
        Debug.Assert(gradient.Holds(((long)windows * _tokens) + TileKernel.Rows - 1, channels), "Whole tiles of rows are read.");
        Debug.Assert(qkvGradient.Holds((long)windows * _tokens, 3 * channels, size), "The gradient has every row's place.");
        Debug.Assert(bias.Holds(1, BiasSize) && scratch.Holds(1, ScratchSize), "There is room for sums and scratch.");
        for (var piece = worker.Next(); piece < _groups * heads; piece = worker.Next())
        {
            var (group, head) = Math.DivRem(piece, heads);
            var sums = bias.Floats + ((nint)piece * _tokens * _keys);
            new Span<float>(sums, _tokens * _keys).Clear();
            for (var w = windows * group / _groups; w < windows * (group + 1) / _groups; w++)
            {
                var kind = kernel.KindOf(first + w, geometry.WindowColumns, geometry.WindowRows);
                var row = (nint)w * _tokens;
                var channel = head * _headChannels;
                Head(
                    qkv.Floats + (row * 3 * channels) + channel, gradient.Floats + (row * channels) + channel, head, kind,
                    (byte*)qkvGradient.Pointer + (((row * 3 * channels) + channel) * size), isBf16, sums, scratch.Floats);
            }
        }
    }

    /// <summary>This thread's share of adding up the bias's gradient.</summary>
    /// <param name="worker">The thread.</param>
    /// <param name="bias">What <see cref="Run"/> left.</param>
    /// <param name="table">The gradient of the table, <c>[(2 window - 1)², heads]</c>, which is added to.</param>
    public void AddBias(WorkerTeam.Worker worker, float* bias, float* table)
    {
        for (var head = worker.Next(); head < heads; head = worker.Next())
        {
            for (var group = 0; group < _groups; group++)
            {
                var sums = bias + ((((nint)group * heads) + head) * _tokens * _keys);
                for (var query = 0; query < _tokens; query++)
                {
                    for (var key = 0; key < _tokens; key++)
                        table[(positions[(query * _tokens) + key] * heads) + head] += sums[(query * _keys) + key];
                }
            }
        }
    }

    private void Head(float* queries, float* gradient, int head, int kind, byte* target, bool isBf16, float* bias, float* scratch)
    {
        if (KernelWidth.Is512) Head<Lanes16>(queries, gradient, head, kind, target, isBf16, bias, scratch);
        else if (KernelWidth.Is256) Head<Lanes8>(queries, gradient, head, kind, target, isBf16, bias, scratch);
        else Head<Lanes4>(queries, gradient, head, kind, target, isBf16, bias, scratch);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Head<T>(
        float* queries, float* gradient, int head, int kind, byte* target, bool isBf16, float* bias, float* scratch)
        where T : unmanaged, ILanes<T>
    {
        nint ld = 3 * channels;
        var size = isBf16 ? sizeof(ushort) : sizeof(float);
        var keys = scratch;
        var values = keys + (_columns * _keys);
        var weights = values + (_columns * _keys);
        var scores = weights + (_rows * _keys);
        var results = scores + (_rows * _keys);
        kernel.TransposeKeys(queries + channels, ld, keys);
        kernel.TransposeKeys(queries + (2 * channels), ld, values);
        var sums = stackalloc float[TileKernel.Rows];
        for (var first = 0; first < _tokens; first += TileKernel.Rows)
        {
            var rows = Math.Min(TileKernel.Rows, _tokens - first);
            var weight = weights + (first * _keys);
            var score = scores + (first * _keys);
            kernel.Weights<T>(queries, ld, head, kind, first, rows, keys, weight, sums);
            for (var key = 0; key < _keys; key += TileKernel.Columns)
                TileKernel.Multiply(
                    gradient + (first * (nint)channels), channels, values + key, _keys, score + key, _keys, _headChannels,
                    Math.Min(TileKernel.Columns, _keys - key), add: false);
            for (var r = 0; r < rows; r++)
                SoftmaxRow<T>(weight + (r * _keys), score + (r * _keys), sums[r], bias + ((first + r) * _keys));
            for (var column = 0; column < _columns; column += TileKernel.Columns)
            {
                var width = Math.Min(TileKernel.Columns, _columns - column);
                TileKernel.Multiply(
                    score, _keys, queries + channels + column, ld, results, width, _tokens, width, add: false);
                Put<T>(
                    results, width, rows, _scale, target + (((first * ld) + column) * size), isBf16,
                    Math.Min(width, _headChannels - column));
            }
        }

        for (var first = 0; first < _tokens; first += TileKernel.Rows)
        {
            var rows = Math.Min(TileKernel.Rows, _tokens - first);
            for (var column = 0; column < _columns; column += TileKernel.Columns)
            {
                var width = Math.Min(TileKernel.Columns, _columns - column);
                var own = Math.Min(width, _headChannels - column);
                TileKernel.MultiplyTransposed(
                    scores + first, _keys, queries + column, ld, results, width, _tokens, width, add: false);
                Put<T>(results, width, rows, 1, target + (((first * ld) + channels + column) * size), isBf16, own);
                TileKernel.MultiplyTransposed(
                    weights + first, _keys, gradient + column, channels, results, width, _tokens, width, add: false);
                Put<T>(results, width, rows, 1, target + (((first * ld) + (2 * channels) + column) * size), isBf16, own);
            }
        }
    }

    /// <summary>
    /// One query: weights become those of softmax, and their gradients those of the scores, which are added to the gradient of the bias.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SoftmaxRow<T>(float* weights, float* gradients, float sum, float* bias) where T : unmanaged, ILanes<T>
    {
        var scale = T.Create(1 / sum);
        var along = T.Zero;
        for (var i = 0; i < _keys; i += T.Count)
        {
            var weight = T.Load(weights + i) * scale;
            weight.Store(weights + i);
            along = T.MultiplyAdd(weight, T.Load(gradients + i), along);
        }

        var mean = T.Create(T.Sum(along));
        for (var i = 0; i < _keys; i += T.Count)
        {
            var gradient = T.Load(weights + i) * (T.Load(gradients + i) - mean);
            gradient.Store(gradients + i);
            (T.Load(bias + i) + gradient).Store(bias + i);
        }
    }

    private void Put<T>(float* results, int width, int rows, float scale, byte* target, bool isBf16, int count)
        where T : unmanaged, ILanes<T>
    {
        var factor = T.Create(scale);
        for (var r = 0; r < rows; r++, results += width)
        {
            var i = 0;
            if (isBf16)
            {
                var row = (ushort*)target + ((nint)r * 3 * channels);
                for (; i + T.Count <= count; i += T.Count)
                    (T.Load(results + i) * factor).StoreBf16(row + i);
                for (; i < count; i++) row[i] = VectorMath.ToBf16(results[i] * scale);
            }
            else
            {
                var row = (float*)target + ((nint)r * 3 * channels);
                for (; i + T.Count <= count; i += T.Count) (T.Load(results + i) * factor).Store(row + i);
                for (; i < count; i++) row[i] = results[i] * scale;
            }
        }
    }
}
