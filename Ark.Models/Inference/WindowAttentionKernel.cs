using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Ark.Models;

/// <summary>
/// Attention within windows, one window and head at a time, all of it in the first-level cache: eight queries meet all keys, the scores
/// become weights, and these meet the values, before the next eight come.
/// </summary>
/// <remarks>Rests on: a table of the shape that the window and the heads give, which is compared, and the caller having reserved fifteen
/// rows past the last of queries, keys and values.</remarks>
internal sealed unsafe class WindowAttentionKernel : IDisposable
{
    private const float Never = -1e30f;
    private const int HeadsTogether = 4;

    private readonly int _window;
    private readonly int _tokens;
    private readonly int _keys;
    private readonly int _heads;
    private readonly int _headChannels;
    private readonly int _values;
    private readonly NativeBuffer _bias;
    private readonly NativeBuffer _noMask;
    private readonly NativeBuffer? _masks;

    /// <param name="attention">The layer; borrowed.</param>
    /// <param name="window">The window's side.</param>
    /// <param name="shift">The shift, or 0.</param>
    /// <param name="heads">The number of heads.</param>
    /// <param name="channels">The channels of all heads.</param>
    public WindowAttentionKernel(WindowAttention attention, int window, int shift, int heads, int channels)
    {
        (_window, _tokens, _heads, _headChannels) = (window, window * window, heads, channels / heads);
        (_keys, _values) = (VectorMath.Pad(_tokens), VectorMath.Pad(_headChannels));
        // Windows go in groups of whole tiles, whose last rows are no tokens.
        _bias = new NativeBuffer((((long)heads * _tokens) + TileKernel.Rows) * _keys * sizeof(float));
        _noMask = new NativeBuffer(((long)_tokens + TileKernel.Rows) * _keys * sizeof(float));
        using (var table = SinglePrecision.Dense(attention.relative_position_bias_table, Sides * Sides, _heads))
            FillBias(MemoryMarshal.Cast<byte, float>(table.bytes), WindowAttention.RelativePositions(window));
        if (shift == 0) return;
        _masks = new NativeBuffer(((4L * _tokens) + TileKernel.Rows) * _keys * sizeof(float));
        for (var kind = 1; kind < 4; kind++) FillMask(kind, shift);
    }

    /// <summary>Numbers that a thread needs: keys, values, scores and results.</summary>
    public int ScratchSize => (VectorMath.Pad(_headChannels) * _keys) + (_tokens * _values) + (TileKernel.Rows * (_keys + _values));

    /// <summary>Computes this thread's share.</summary>
    /// <param name="worker">The thread.</param>
    /// <param name="qkv">Rows of queries, keys and values, window by window; the queries are scaled already. 15 rows past the last are
    /// read.</param>
    /// <param name="ld">From one row to the next.</param>
    /// <param name="windows">How many windows.</param>
    /// <param name="first">The number of the first, counted through all images.</param>
    /// <param name="columns">Windows beside each other in an image.</param>
    /// <param name="rows">Windows below each other in an image.</param>
    /// <param name="output">Rows of merged heads, single precision or bfloat16.</param>
    /// <param name="ldOutput">From one row to the next.</param>
    /// <param name="outputIsBf16">Which of them.</param>
    /// <param name="scratch">Room for <see cref="ScratchSize"/> numbers.</param>
    public void Run(
        WorkerTeam.Worker worker, NativeRegion qkv, nint ld, int windows, long first, int columns, int rows, NativeRegion output,
        nint ldOutput, bool outputIsBf16, NativeBuffer scratch)
    {
        var size = outputIsBf16 ? sizeof(ushort) : sizeof(float);
        Debug.Assert(ld >= 3 * _heads * _headChannels && ldOutput >= _heads * _headChannels, "Rows hold all heads.");
        Debug.Assert(qkv.Holds(((long)windows * _tokens) + VectorMath.Lanes - 1, ld), "Fifteen rows follow the last.");
        Debug.Assert(output.Holds((long)windows * _tokens, ldOutput, size), "The output has every row's place.");
        Debug.Assert(scratch.Holds(1, ScratchSize), "There is room for what a head needs.");
        Debug.Assert(
            _bias.Holds(((long)_heads * _tokens) + TileKernel.Rows, _keys) && _noMask.Holds(_tokens + TileKernel.Rows, _keys)
            && _masks?.Holds((4L * _tokens) + TileKernel.Rows, _keys) != false,
            "The tables are alive, and whole.");
        var groups = (_heads + HeadsTogether - 1) / HeadsTogether;
        for (var piece = worker.Next(); piece < windows * groups; piece = worker.Next())
        {
            var (window, group) = Math.DivRem(piece, groups);
            var kind = KindOf(first + window, columns, rows);
            var row = (nint)window * _tokens;
            for (var head = group * HeadsTogether; head < Math.Min(_heads, (group + 1) * HeadsTogether); head++)
            {
                var channel = head * _headChannels;
                var target = (byte*)output.Pointer + (((row * ldOutput) + channel) * size);
                var queries = qkv.Floats + (row * ld) + channel;
                if (KernelWidth.Is512) Head<Lanes16>(queries, ld, head, kind, target, ldOutput, outputIsBf16, scratch.Floats);
                else if (KernelWidth.Is256) Head<Lanes8>(queries, ld, head, kind, target, ldOutput, outputIsBf16, scratch.Floats);
                else Head<Lanes4>(queries, ld, head, kind, target, ldOutput, outputIsBf16, scratch.Floats);
            }
        }
    }

    public void Dispose()
    {
        _bias.Dispose();
        _noMask.Dispose();
        _masks?.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Head<T>(float* queries, nint ld, int head, int kind, byte* target, nint ldTarget, bool targetIsBf16, float* scratch)
        where T : unmanaged, ILanes<T>
    {
        var (tokens, keyCount, channels, valueCount) = (_tokens, _keys, _headChannels, _values);
        var all = _heads * channels;
        var keys = scratch;
        var values = keys + (VectorMath.Pad(channels) * keyCount);
        var scores = values + (tokens * valueCount);
        var results = scores + (TileKernel.Rows * keyCount);
        Fetch(queries + channels, ld);
        TransposeKeys(queries + all, ld, keys);
        CopyValues(queries + (2 * all), ld, values);
        var sums = stackalloc float[TileKernel.Rows];
        for (var first = 0; first < tokens; first += TileKernel.Rows)
        {
            var rows = Math.Min(TileKernel.Rows, tokens - first);
            Weights<T>(queries, ld, head, kind, first, rows, keys, scores, sums);
            for (var value = 0; value < valueCount; value += TileKernel.Columns)
                TileKernel.Multiply(
                    scores, keyCount, values + value, valueCount, results + value, valueCount, tokens,
                    Math.Min(TileKernel.Columns, valueCount - value), add: false);
            for (var r = 0; r < rows; r++)
            {
                var scale = 1 / sums[r];
                var row = target + ((first + r) * ldTarget * (targetIsBf16 ? sizeof(ushort) : sizeof(float)));
                var whole = channels / T.Count * T.Count;
                for (var c = 0; c < whole; c += T.Count)
                {
                    var value = T.Load(results + (r * valueCount) + c) * T.Create(scale);
                    if (targetIsBf16) value.StoreBf16((ushort*)row + c);
                    else value.Store((float*)row + c);
                }

                for (var c = whole; c < channels; c++)
                {
                    var value = results[(r * valueCount) + c] * scale;
                    if (targetIsBf16) ((ushort*)row)[c] = VectorMath.ToBf16(value);
                    else ((float*)row)[c] = value;
                }
            }
        }
    }

    /// <summary>What up to eight queries give to all keys, before it is divided by its sum.</summary>
    /// <param name="queries">The window's queries of a head, scaled; eight rows from the first on are read.</param>
    /// <param name="ld">From one row to the next.</param>
    /// <param name="head">The head.</param>
    /// <param name="kind">The kind of the window: which mask it has.</param>
    /// <param name="first">The first query.</param>
    /// <param name="rows">How many queries count.</param>
    /// <param name="keys">Of <see cref="TransposeKeys"/>.</param>
    /// <param name="weights">Receives eight rows.</param>
    /// <param name="sums">Receives the sums of the rows that count.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Weights<T>(
        float* queries, nint ld, int head, int kind, int first, int rows, float* keys, float* weights, float* sums)
        where T : unmanaged, ILanes<T>
    {
        var bias = _bias.Floats + ((((nint)head * _tokens) + first) * _keys);
        var mask = (kind == 0 ? _noMask : _masks!).Floats + ((((nint)kind * _tokens) + first) * _keys);
        for (var key = 0; key < _keys; key += TileKernel.Columns)
            TileKernel.Multiply(
                queries + (first * ld), ld, keys + key, _keys, weights + key, _keys, _headChannels,
                Math.Min(TileKernel.Columns, _keys - key), add: false);
        for (var r = 0; r < rows; r++) sums[r] = Weigh<T>(weights + (r * _keys), bias + (r * _keys), mask + (r * _keys), _keys);
    }

    /// <summary>Which mask a window has, counted through all images.</summary>
    internal int KindOf(long window, int columns, int rows)
    {
        var place = window % (columns * rows);
        return _masks is null ? 0 : (place / columns == rows - 1 ? 2 : 0) + (place % columns == columns - 1 ? 1 : 0);
    }

    /// <summary>Turns a row of scores into weights, whose sum it returns instead of dividing by it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Weigh<T>(float* scores, float* bias, float* mask, int count) where T : unmanaged, ILanes<T>
    {
        var largest = T.Create(Never);
        for (var i = 0; i < count; i += T.Count)
        {
            var score = T.Load(scores + i) + T.Load(bias + i);
            score += T.Load(mask + i);
            score.Store(scores + i);
            largest = T.Max(largest, score);
        }

        var top = T.Create(T.Largest(largest));
        var sum = T.Zero;
        for (var i = 0; i < count; i += T.Count)
        {
            var weight = VectorMath.Exp(T.Load(scores + i) - top);
            weight.Store(scores + i);
            sum += weight;
        }

        return T.Sum(sum);
    }

    /// <summary>Brings the next head's queries, keys and values near: their rows lie too far apart for the processor to guess.</summary>
    private void Fetch(float* queries, nint ld)
    {
        var all = _heads * _headChannels;
        for (var token = 0; token < _tokens; token++, queries += ld)
        {
            for (var c = 0; c < _headChannels; c += VectorMath.Lanes)
            {
                VectorMath.Prefetch(queries + c);
                VectorMath.Prefetch(queries + all + c);
                VectorMath.Prefetch(queries + (2 * all) + c);
            }
        }
    }

    /// <summary>
    /// Keys <c>[tokens, channels]</c> to <c>[channels, keys]</c>; zeros follow the last token. What follows it in memory may be no number,
    /// and no mask could silence that.
    /// </summary>
    internal void TransposeKeys(float* from, nint ld, float* to)
    {
        var whole = _headChannels / VectorMath.Lanes * VectorMath.Lanes;
        for (var token = 0; token < _keys; token += VectorMath.Lanes)
        {
            for (var channel = 0; channel < whole; channel += VectorMath.Lanes)
                Transposition.Run(from + (token * ld) + channel, ld, to + (channel * _keys) + token, _keys);
        }

        for (var channel = whole; channel < _headChannels; channel++)
        {
            for (var token = 0; token < _tokens; token++) to[(channel * _keys) + token] = from[(token * ld) + channel];
        }

        for (var channel = 0; channel < _headChannels; channel++)
            new Span<float>(to + (channel * _keys) + _tokens, _keys - _tokens).Clear();
    }

    private void CopyValues(float* from, nint ld, float* to)
    {
        for (var token = 0; token < _tokens; token++)
        {
            new ReadOnlySpan<float>(from + (token * ld), _values).CopyTo(new Span<float>(to + (token * _values), _values));
        }
    }

    private long Sides => (2L * _window) - 1;

    /// <summary>Takes over the bias of each relative position and head.</summary>
    /// <param name="values"><c>[(2 window - 1)², heads]</c>.</param>
    /// <param name="positions">For each query and key the row of <paramref name="values"/>.</param>
    internal void FillBias(ReadOnlySpan<float> values, long[] positions)
    {
        Debug.Assert(_bias.Holds((long)_heads * _tokens, _keys), "There is room for every head's table.");
        for (var head = 0; head < _heads; head++)
        {
            for (var query = 0; query < _tokens; query++)
            {
                var row = new Span<float>(_bias.Floats + ((((nint)head * _tokens) + query) * _keys), _keys);
                for (var key = 0; key < _tokens; key++) row[key] = values[((int)positions[(query * _tokens) + key] * _heads) + head];
                row[_tokens..].Fill(Never);
            }
        }
    }

    /// <summary>
    /// The mask of the windows of the last column (kind 1), of the last row (2), and of the corner (3), which alone hold what the shift
    /// brought together.
    /// </summary>
    private void FillMask(int kind, int shift)
    {
        Debug.Assert(kind is > 0 and < 4 && _masks!.Holds(4L * _tokens, _keys), "There is room for every kind.");
        for (var query = 0; query < _tokens; query++)
        {
            var row = new Span<float>(_masks!.Floats + ((((nint)kind * _tokens) + query) * _keys), _keys);
            for (var key = 0; key < _tokens; key++) row[key] = Region(query) == Region(key) ? 0 : SwinBlock.Masked;
        }

        int Region(int token)
        {
            var (row, column) = Math.DivRem(token, _window);
            return ((kind & 2) != 0 && row >= _window - shift ? 2 : 0) + ((kind & 1) != 0 && column >= _window - shift ? 1 : 0);
        }
    }
}
