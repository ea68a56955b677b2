using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Attention within windows, one window and head at a time, all of it in the first-level cache: eight queries meet all keys, the scores become weights, and these meet the
/// values, before the next eight come.
/// </summary>
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
        _bias = new NativeBuffer((long)heads * _tokens * _keys * sizeof(float));
        FillBias(attention.relative_position_bias_table);
        if (shift == 0) return;
        _masks = new NativeBuffer(4L * _tokens * _keys * sizeof(float));
        for (var kind = 1; kind < 4; kind++) FillMask(kind, shift);
    }

    /// <summary>Numbers that a thread needs: keys, values, scores and results.</summary>
    public int ScratchSize => (VectorMath.Pad(_headChannels) * _keys) + (_tokens * _values) + (TileKernel.Rows * (_keys + _values));

    /// <summary>Computes this thread's share.</summary>
    /// <param name="worker">The thread.</param>
    /// <param name="qkv">Rows of queries, keys and values, window by window; the queries are scaled already. 15 rows past the last are read.</param>
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
        WorkerTeam.Worker worker, float* qkv, nint ld, int windows, long first, int columns, int rows, void* output, nint ldOutput, bool outputIsBf16, float* scratch)
    {
        var groups = (_heads + HeadsTogether - 1) / HeadsTogether;
        for (var piece = worker.Next(); piece < windows * groups; piece = worker.Next())
        {
            var (window, group) = Math.DivRem(piece, groups);
            var place = (first + window) % (columns * rows);
            var kind = _masks is null ? 0 : (place / columns == rows - 1 ? 2 : 0) + (place % columns == columns - 1 ? 1 : 0);
            var row = (nint)window * _tokens;
            for (var head = group * HeadsTogether; head < Math.Min(_heads, (group + 1) * HeadsTogether); head++)
            {
                var channel = head * _headChannels;
                var target = (byte*)output + (((row * ldOutput) + channel) * (outputIsBf16 ? sizeof(ushort) : sizeof(float)));
                Head(qkv + (row * ld) + channel, ld, head, kind, target, ldOutput, outputIsBf16, scratch);
            }
        }
    }

    public void Dispose()
    {
        _bias.Dispose();
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
        TransposeKeys(queries + all, ld, keys);
        CopyValues(queries + (2 * all), ld, values);
        var sums = stackalloc float[TileKernel.Rows];
        for (var first = 0; first < tokens; first += TileKernel.Rows)
        {
            var rows = Math.Min(TileKernel.Rows, tokens - first);
            for (var key = 0; key < keyCount; key += TileKernel.Columns)
                TileKernel.Multiply(queries + (first * ld), ld, keys + key, keyCount, scores + key, keyCount, channels, Math.Min(TileKernel.Columns, keyCount - key), add: false);
            var bias = _bias.Floats + ((((nint)head * tokens) + first) * keyCount);
            var mask = kind == 0 ? null : _masks!.Floats + ((((nint)kind * tokens) + first) * keyCount);
            for (var r = 0; r < rows; r++)
                sums[r] = Weigh(scores + (r * keyCount), bias + (r * keyCount), mask is null ? null : mask + (r * keyCount), keyCount);
            for (var value = 0; value < valueCount; value += TileKernel.Columns)
                TileKernel.Multiply(scores, keyCount, values + value, valueCount, results + value, valueCount, tokens, Math.Min(TileKernel.Columns, valueCount - value), add: false);
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

    /// <summary>Turns a row of scores into weights, whose sum it returns instead of dividing by it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Weigh(float* scores, float* bias, float* mask, int count)
    {
        var largest = Vector512.Create(Never);
        for (var i = 0; i < count; i += VectorMath.Lanes)
        {
            var score = Vector512.Load(scores + i) + Vector512.Load(bias + i);
            if (mask is not null) score += Vector512.Load(mask + i);
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

    /// <summary>Keys <c>[tokens, channels]</c> to <c>[channels, keys]</c>; what follows the last token is whatever follows it in memory, and weighs nothing.</summary>
    private void TransposeKeys(float* from, nint ld, float* to)
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
    }

    private void CopyValues(float* from, nint ld, float* to)
    {
        for (var token = 0; token < _tokens; token++)
        {
            for (var channel = 0; channel < _values; channel += VectorMath.Lanes) Vector512.Load(from + (token * ld) + channel).Store(to + (token * _values) + channel);
        }
    }

    private void FillBias(Tensor table)
    {
        using var flat = table.detach().contiguous();
        var values = MemoryMarshal.Cast<byte, float>(flat.bytes);
        var positions = WindowAttention.RelativePositions(_window);
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

    /// <summary>The mask of the windows of the last column (kind 1), of the last row (2), and of the corner (3), which alone hold what the shift brought together.</summary>
    private void FillMask(int kind, int shift)
    {
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
