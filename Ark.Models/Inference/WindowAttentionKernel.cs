using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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
                Head(qkv.Floats + (row * ld) + channel, ld, head, kind, target, ldOutput, outputIsBf16, scratch.Floats);
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
    private void Head(float* queries, nint ld, int head, int kind, byte* target, nint ldTarget, bool targetIsBf16, float* scratch)
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
            Weights(queries, ld, head, kind, first, rows, keys, scores, sums);
            for (var value = 0; value < valueCount; value += TileKernel.Columns)
                TileKernel.Multiply(
                    scores, keyCount, values + value, valueCount, results + value, valueCount, tokens,
                    Math.Min(TileKernel.Columns, valueCount - value), add: false);
            for (var r = 0; r < rows; r++)
            {
                var scale = 1 / sums[r];
                var row = target + ((first + r) * ldTarget * (targetIsBf16 ? sizeof(ushort) : sizeof(float)));
                var whole = channels / VectorMath.Lanes * VectorMath.Lanes;
                for (var c = 0; c < whole; c += VectorMath.Lanes)
                {
                    var value = Vector512.Load(results + (r * valueCount) + c) * scale;
                    if (targetIsBf16) VectorMath.StoreBf16(value, (ushort*)row + c);
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
    internal void Weights(
        float* queries, nint ld, int head, int kind, int first, int rows, float* keys, float* weights, float* sums)
    {
        var bias = _bias.Floats + ((((nint)head * _tokens) + first) * _keys);
        var mask = (kind == 0 ? _noMask : _masks!).Floats + ((((nint)kind * _tokens) + first) * _keys);
        if (_keys == 64)
        {
            for (var r = 0; r < rows; r += 4)
                Weigh4By64(
                    queries + ((first + r) * ld), ld, keys, _headChannels, bias + (r * 64), mask + (r * 64), weights + (r * 64), sums + r);
            return;
        }

        for (var key = 0; key < _keys; key += TileKernel.Columns)
            TileKernel.Multiply(
                queries + (first * ld), ld, keys + key, _keys, weights + key, _keys, _headChannels,
                Math.Min(TileKernel.Columns, _keys - key), add: false);
        for (var r = 0; r < rows; r++) sums[r] = Weigh(weights + (r * _keys), bias + (r * _keys), mask + (r * _keys), _keys);
    }

    /// <summary>Which mask a window has, counted through all images.</summary>
    internal int KindOf(long window, int columns, int rows)
    {
        var place = window % (columns * rows);
        return _masks is null ? 0 : (place / columns == rows - 1 ? 2 : 0) + (place % columns == columns - 1 ? 1 : 0);
    }

    /// <summary>Scores of four queries against 64 keys, and at once their weights: nothing but those leaves the registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void Weigh4By64(
        float* queries, nint ld, float* keys, nint channels, float* bias, float* mask, float* weights, float* sums)
    {
        Vector512<float> s00 = default, s01 = default, s02 = default, s03 = default;
        Vector512<float> s10 = default, s11 = default, s12 = default, s13 = default;
        Vector512<float> s20 = default, s21 = default, s22 = default, s23 = default;
        Vector512<float> s30 = default, s31 = default, s32 = default, s33 = default;
        var (ld2, ld3) = (2 * ld, 3 * ld);
        for (nint c = 0; c < channels; c++)
        {
            var k0 = Vector512.Load(keys);
            var k1 = Vector512.Load(keys + 16);
            var k2 = Vector512.Load(keys + 32);
            var k3 = Vector512.Load(keys + 48);
            keys += 64;
            var q = Vector512.Create(queries[c]);
            s00 = Vector512.FusedMultiplyAdd(q, k0, s00);
            s01 = Vector512.FusedMultiplyAdd(q, k1, s01);
            s02 = Vector512.FusedMultiplyAdd(q, k2, s02);
            s03 = Vector512.FusedMultiplyAdd(q, k3, s03);
            q = Vector512.Create(queries[c + ld]);
            s10 = Vector512.FusedMultiplyAdd(q, k0, s10);
            s11 = Vector512.FusedMultiplyAdd(q, k1, s11);
            s12 = Vector512.FusedMultiplyAdd(q, k2, s12);
            s13 = Vector512.FusedMultiplyAdd(q, k3, s13);
            q = Vector512.Create(queries[c + ld2]);
            s20 = Vector512.FusedMultiplyAdd(q, k0, s20);
            s21 = Vector512.FusedMultiplyAdd(q, k1, s21);
            s22 = Vector512.FusedMultiplyAdd(q, k2, s22);
            s23 = Vector512.FusedMultiplyAdd(q, k3, s23);
            q = Vector512.Create(queries[c + ld3]);
            s30 = Vector512.FusedMultiplyAdd(q, k0, s30);
            s31 = Vector512.FusedMultiplyAdd(q, k1, s31);
            s32 = Vector512.FusedMultiplyAdd(q, k2, s32);
            s33 = Vector512.FusedMultiplyAdd(q, k3, s33);
        }

        sums[0] = Weigh64(s00, s01, s02, s03, bias, mask, weights);
        sums[1] = Weigh64(s10, s11, s12, s13, bias + 64, mask + 64, weights + 64);
        sums[2] = Weigh64(s20, s21, s22, s23, bias + 128, mask + 128, weights + 128);
        sums[3] = Weigh64(s30, s31, s32, s33, bias + 192, mask + 192, weights + 192);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Weigh64(
        Vector512<float> s0, Vector512<float> s1, Vector512<float> s2, Vector512<float> s3, float* bias, float* mask, float* weights)
    {
        s0 += Vector512.Load(bias) + Vector512.Load(mask);
        s1 += Vector512.Load(bias + 16) + Vector512.Load(mask + 16);
        s2 += Vector512.Load(bias + 32) + Vector512.Load(mask + 32);
        s3 += Vector512.Load(bias + 48) + Vector512.Load(mask + 48);
        var top = Vector512.Create(VectorMath.Largest(Vector512.Max(Vector512.Max(s0, s1), Vector512.Max(s2, s3))));
        s0 = VectorMath.Exp(s0 - top);
        s1 = VectorMath.Exp(s1 - top);
        s2 = VectorMath.Exp(s2 - top);
        s3 = VectorMath.Exp(s3 - top);
        s0.Store(weights);
        s1.Store(weights + 16);
        s2.Store(weights + 32);
        s3.Store(weights + 48);
        return Vector512.Sum(s0 + s1 + (s2 + s3));
    }

    /// <summary>Turns a row of scores into weights, whose sum it returns instead of dividing by it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Weigh(float* scores, float* bias, float* mask, int count)
    {
        var largest = Vector512.Create(Never);
        for (var i = 0; i < count; i += VectorMath.Lanes)
        {
            var score = Vector512.Load(scores + i) + Vector512.Load(bias + i);
            score += Vector512.Load(mask + i);
            score.Store(scores + i);
            largest = Vector512.Max(largest, score);
        }

        var top = Vector512.Create(VectorMath.Largest(largest));
        var sum = Vector512<float>.Zero;
        for (var i = 0; i < count; i += VectorMath.Lanes)
        {
            var weight = VectorMath.Exp(Vector512.Load(scores + i) - top);
            weight.Store(scores + i);
            sum += weight;
        }

        return Vector512.Sum(sum);
    }

    /// <summary>Brings the next head's queries, keys and values near: their rows lie too far apart for the processor to guess.</summary>
    private void Fetch(float* queries, nint ld)
    {
        var all = _heads * _headChannels;
        for (var token = 0; token < _tokens; token++, queries += ld)
        {
            for (var c = 0; c < _headChannels; c += VectorMath.Lanes)
            {
                Sse.Prefetch0(queries + c);
                Sse.Prefetch0(queries + all + c);
                Sse.Prefetch0(queries + (2 * all) + c);
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
                VectorMath.Transpose16(from + (token * ld) + channel, ld, to + (channel * _keys) + token, _keys);
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
            for (var channel = 0; channel < _values; channel += VectorMath.Lanes)
                Vector512.Load(from + (token * ld) + channel).Store(to + (token * _values) + channel);
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
