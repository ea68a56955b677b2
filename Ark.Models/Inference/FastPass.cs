using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// Runs a prepared network in kernels. A stage's windows go through a whole block in batches that stay in the caches: norm
/// and gathering, queries, keys and values, attention, projection back to where the tokens came from, norm, and MLP. One pass at a time;
/// the memory that it works in is kept.
/// </summary>
/// <remarks>Rests on: images that are dense, in single precision on the CPU and of the configuration's shape; weights whose shapes <see
/// cref="PreparedNetwork"/> compared with the same configuration; and buffers that <see cref="Reserve"/> makes as large as that
/// configuration and the number of images ask for.</remarks>
internal sealed unsafe class FastPass : IDisposable
{
    /// <summary>First tokens of the images that are computed together; more of them would only take more memory.</summary>
    private const int TokensTogether = 26_000;

    private const int SlackRows = 16;

    private readonly PreparedNetwork _network;
    private readonly SwinConfiguration _backbone;
    private readonly StageGeometry[] _stages;
    private readonly int _threads;
    private readonly Lock _gate = new();
    private readonly NativeBuffer[] _tokens = [new(), new()];
    private readonly NativeBuffer _normed = new();
    private readonly NativeBuffer _qkv = new();
    private readonly NativeBuffer _attended = new();
    private readonly NativeBuffer _hidden = new();
    private readonly NativeBuffer _rowFactors = new();
    private readonly NativeBuffer _pooled = new();
    private readonly NativeBuffer[] _features = [new(), new()];
    private readonly NativeBuffer[] _logits;
    private readonly NativeBuffer[] _scratch;
    private int _images;

    public FastPass(PreparedNetwork network, int threads)
    {
        _network = network;
        _backbone = network.Configuration.Backbone;
        using var unfinished = new Unfinished();
        _stages = [.. Enumerable.Range(0, _backbone.StageCount).Select(i => unfinished.Keep(new StageGeometry(_backbone, i)))];
        _threads = threads;
        _logits = [.. network.Heads.Select(_ => new NativeBuffer())];
        var attention = network.Stages.Max(s => s.Blocks.Max(b => b.Attention.ScratchSize));
        var merging = VectorMath.Pad(4 * _stages[^1].Channels);
        _scratch = [.. Enumerable.Range(0, threads).Select(_ => unfinished.Keep(
            new NativeBuffer(sizeof(float) * (long)Math.Max(LinearLayer.ScratchSize, Math.Max(attention, merging)))))];
        unfinished.Finish();
    }

    /// <summary>Set to have the time taken.</summary>
    public PassProfile? Profile { get; set; }

    private long PixelsOfImage => (long)_backbone.InputChannels * _backbone.ImageHeight * _backbone.ImageWidth;

    /// <summary>
    /// Numbers of a batch of windows: its rows times the stage's channels. Products of integers are so fast that what lies between them
    /// has to stay nearer.
    /// </summary>
    private int BatchSize => IsInt8 ? 200_000 : 400_000;

    /// <summary>Whether what attention and GELU give is kept in bfloat16; integers are made of it.</summary>
    private bool KeepsBf16 => _network.Precision != InferencePrecision.Fp32;

    private bool IsInt8 => _network.Precision == InferencePrecision.Int8;

    /// <summary>Bytes of a number that attention and GELU give.</summary>
    private int KeptSize => KeepsBf16 ? sizeof(ushort) : sizeof(float);

    /// <summary>Bytes of a number that weights are multiplied by.</summary>
    private int ElementSize => PackedMatrix.SizeOf(_network.Precision);

    /// <summary>Computes outputs.</summary>
    /// <param name="images"><c>[B, C, H, W]</c> of the right shape, contiguous, single precision, on the CPU; borrowed.</param>
    /// <param name="outputs">Which.</param>
    public InferenceResult Run(Tensor images, InferenceOutputs outputs)
    {
        Debug.Assert(
            images is { device_type: TorchSharp.DeviceType.CPU, dtype: ScalarType.Float32 } && images.is_contiguous()
            && images.size(1) == _backbone.InputChannels && images.size(2) == _backbone.ImageHeight
            && images.size(3) == _backbone.ImageWidth,
            "Images are dense, in single precision, of the model's shape.");
        using var scope = NewDisposeScope();
        var count = (int)images.size(0);
        var configuration = _network.Configuration;
        var last = _stages[^1];
        var result = new InferenceResult
        {
            Tokens = outputs.HasFlag(InferenceOutputs.Tokens) ? empty([count, last.Tokens, last.Channels], ScalarType.Float32, CPU) : null,
            Pooled = outputs.HasFlag(InferenceOutputs.Pooled) ? empty([count, last.Channels], ScalarType.Float32, CPU) : null,
            Projected = outputs.HasFlag(InferenceOutputs.Projected)
                ? empty([count, configuration.ProjectorFeatures], ScalarType.Float32, CPU)
                : null,
            Logits = outputs.HasFlag(InferenceOutputs.Logits)
                ? [.. configuration.Heads.Select(h => empty(
                    [count, h.Outputs == 0 ? configuration.FeatureCount : h.Outputs], ScalarType.Float32, CPU))]
                : null,
        };
        var together = Math.Max(1, TokensTogether / _stages[0].Tokens);
        lock (_gate)
        {
            for (var first = 0; first < count; first += together)
            {
                _images = Math.Min(together, count - first);
                Reserve();
                using var part = images.narrow(0, first, _images);
                Debug.Assert(part.numel() == _images * PixelsOfImage, "The images are whole.");
                // What is fixed is no managed memory: it is alive as long as the tensor, which is disposed at the end of the round.
                fixed (byte* pixels = part.bytes)
                {
                    var start = new NativeRegion(pixels, _images * PixelsOfImage * sizeof(float));
                    WorkerTeam.Shared.Run(_threads, worker => Forward(worker, start, outputs));
                }

                if (result.Tokens is { } tokens)
                    Copy(_tokens[(_stages.Length - 1) % 2], last.Channels, tokens, first * last.Tokens, _images * last.Tokens);
                if (result.Pooled is { } pooled) Copy(_pooled, last.Channels, pooled, first, _images);
                if (result.Projected is { } projected) Copy(_features[^1], configuration.ProjectorFeatures, projected, first, _images);
                for (var head = 0; head < result.Logits?.Count; head++)
                    Copy(_network.Heads[head] is null
                        ? Features
                        : _logits[head], (int)result.Logits[head].size(1), result.Logits[head], first, _images);
            }
        }

        foreach (var output in (Tensor?[])[result.Tokens, result.Pooled, result.Projected, .. result.Logits ?? []])
            output?.MoveToOuterDisposeScope();
        return result;
    }

    public void Dispose()
    {
        foreach (var part in (ReadOnlySpan<IDisposable>)
        [
            .. _stages, .. _tokens, _normed, _qkv, _attended, _hidden, _rowFactors, _pooled, .. _features, .. _logits, .. _scratch
        ])
            part.Dispose();
    }

    private NativeBuffer Features => _network.Projector.Count == 0 ? _pooled : _features[^1];

    private void Reserve()
    {
        for (var i = 0; i < _stages.Length; i++)
        {
            var stage = _stages[i];
            var rows = Math.Max(BatchRows(stage), i == 0 ? 0 : MergeRows(stage)) + SlackRows;
            _tokens[i % 2].Reserve(Size(((long)_images * stage.Tokens) + SlackRows, stage.Channels, sizeof(float)));
            // Integers of all that weights are multiplied by are made here.
            var joined = i == 0 ? stage.Channels : 2 * stage.Channels;
            _normed.Reserve(Size(rows, IsInt8 ? Math.Max(stage.Hidden, joined) : joined, ElementSize));
            _qkv.Reserve(Size(rows, 3 * stage.Channels, sizeof(float)));
            _attended.Reserve(Size(rows, stage.Channels, KeptSize));
            _hidden.Reserve(Size(rows, stage.Hidden, KeptSize));
            if (IsInt8) _rowFactors.Reserve((long)rows * Int8Rows.Factors * sizeof(float));
        }

        // The patches of the first stage are gathered where the queries will be.
        _qkv.Reserve(Size(MergeRows(_stages[0]) + SlackRows, _network.Patches.Depth, sizeof(float)));
        _pooled.Reserve(Size(_images + SlackRows, _stages[^1].Channels, sizeof(float)));
        foreach (var features in _features) features.Reserve(Size(_images + SlackRows, _network.Configuration.FeatureCount, sizeof(float)));
        for (var i = 0; i < _logits.Length; i++)
            _logits[i].Reserve(Size(_images + SlackRows, _network.Configuration.Heads[i].Outputs, sizeof(float)));
    }

    private static long Size(long rows, int columns, int element) => rows * VectorMath.Pad(columns) * element;

    /// <summary>Windows that go through a block together.</summary>
    private int BatchWindows(StageGeometry stage)
    {
        var windows = _images * stage.WindowRows * stage.WindowColumns;
        var batches = Math.Max(1, (int)Math.Round((double)windows * stage.WindowTokens * stage.Channels / BatchSize));
        return (windows + batches - 1) / batches;
    }

    private int BatchRows(StageGeometry stage) => BatchWindows(stage) * stage.WindowTokens;

    private int MergeRows(StageGeometry stage) => Math.Min(_images * stage.Tokens, BatchSize / stage.Channels);

    private void Forward(WorkerTeam.Worker worker, NativeRegion pixels, InferenceOutputs outputs)
    {
        if (worker.Index == 0) Profile?.Begin();
        EmbedPatches(worker, pixels);
        for (var i = 0; i < _stages.Length; i++)
        {
            foreach (var block in _network.Stages[i].Blocks) RunBlock(worker, block, _stages[i], _tokens[i % 2]);
            if (i < _stages.Length - 1) Merge(worker, i);
        }

        Pool(worker);
        if ((outputs & (InferenceOutputs.Projected | InferenceOutputs.Logits)) == InferenceOutputs.None) return;
        var features = _pooled;
        for (var i = 0; i < _network.Projector.Count; i++)
        {
            var target = i == _network.Projector.Count - 1 ? _features[^1] : _features[0];
            Small(worker, _network.Projector[i], features, target, i == 0 && _network.Projector.Count == 2 ? Finish.Relu : Finish.Bias);
            features = target;
        }

        if (!outputs.HasFlag(InferenceOutputs.Logits)) return;
        for (var head = 0; head < _logits.Length; head++)
        {
            if (_network.Heads[head] is { } weights) Small(worker, weights, features, _logits[head], Finish.Bias);
        }
    }

    private void Small(WorkerTeam.Worker worker, PackedMatrix weights, NativeBuffer input, NativeBuffer output, Finish finish)
    {
        Multiply(
            worker, weights, finish, input, weights.Depth, _images, output, weights.Columns, outputIsBf16: false, default,
            "projector and heads");
    }

    private void Meet(WorkerTeam.Worker worker, string work, double flops = 0)
    {
        worker.Meet();
        if (worker.Index == 0) Profile?.End(work, flops);
    }

    private void Multiply(
        WorkerTeam.Worker worker, PackedMatrix weights, Finish finish, NativeBuffer input, int inputs, int rows, NativeBuffer output,
        int outputs, bool outputIsBf16, TokenOrder order, string work = "")
    {
        new LinearLayer(weights, finish, input, VectorMath.Pad(inputs), rows, output, VectorMath.Pad(outputs), outputIsBf16, order)
        {
            RowFactors = weights.IsInt8 ? _rowFactors : default(NativeRegion),
        }.Run(worker, _scratch[worker.Index]);
        Meet(worker, work, 2.0 * rows * weights.Depth * weights.Columns);
    }

    private void EmbedPatches(WorkerTeam.Worker worker, NativeRegion pixels)
    {
        var stage = _stages[0];
        var (patches, depth) = (PatchRows.Of(_backbone), _network.Patches.Depth);
        Debug.Assert(depth == patches.Depth, "A row holds a patch.");
        var all = _images * stage.Tokens;
        var ld = VectorMath.Pad(stage.Channels);
        for (var first = 0; first < all; first += MergeRows(stage))
        {
            var rows = Math.Min(MergeRows(stage), all - first);
            Debug.Assert(_qkv.Holds(rows, VectorMath.Pad(depth)), "There is room for the patches.");
            for (var piece = worker.Next(); piece * RowsOfPiece < rows; piece = worker.Next())
            {
                for (var row = piece * RowsOfPiece; row < Math.Min(rows, (piece + 1) * RowsOfPiece); row++)
                    patches.Gather(pixels, first + row, _qkv.Floats + ((nint)row * VectorMath.Pad(depth)));
            }

            Meet(worker, "patches and pooling");
            Multiply(
                worker, _network.Patches, Finish.Bias, _qkv, depth, rows, _tokens[0], stage.Channels, outputIsBf16: false,
                new(null, stage.Tokens, first), "patches and pooling");
        }

        if (_network.PatchNorm is null && _network.Positions is null) return;
        Debug.Assert(_tokens[0].Holds(all, ld) && _network.Positions?.Holds(stage.Tokens, ld) != false, "Tokens and positions are whole.");
        for (var piece = worker.Next(); piece * RowsOfPiece < all; piece = worker.Next())
        {
            for (var row = piece * RowsOfPiece; row < Math.Min(all, (piece + 1) * RowsOfPiece); row++)
            {
                var token = _tokens[0].Floats + ((nint)row * ld);
                _network.PatchNorm?.Row(token, token, outputIsBf16: false);
                if (_network.Positions is not { } positions) continue;
                var position = positions.Floats + ((nint)(row % stage.Tokens) * ld);
                Elementwise.Add(token, position, (int)ld);
            }
        }

        Meet(worker, "patches and pooling");
    }

    private const int RowsOfPiece = 32;

    private void RunBlock(WorkerTeam.Worker worker, PreparedBlock block, StageGeometry stage, NativeBuffer tokens)
    {
        var (channels, windowTokens) = (stage.Channels, stage.WindowTokens);
        var all = _images * stage.WindowRows * stage.WindowColumns;
        var together = BatchWindows(stage);
        for (var first = 0; first < all; first += together)
        {
            var windows = Math.Min(together, all - first);
            var rows = windows * windowTokens;
            var order = new TokenOrder(stage.OrderOf(block.Shift > 0), stage.Tokens, (long)first * windowTokens);
            Normalize(worker, block.Norm1, tokens, channels, order, rows);
            Multiply(
                worker, block.Qkv, Finish.Bias, _normed, channels, rows, _qkv, 3 * channels, outputIsBf16: false, default,
                "product: queries, keys, values");
            block.Attention.Run(
                worker, _qkv, VectorMath.Pad(3 * channels), windows, first, stage.WindowColumns, stage.WindowRows, _attended,
                VectorMath.Pad(channels), KeepsBf16, _scratch[worker.Index]);
            Meet(worker, "attention", 4.0 * rows * windowTokens * channels);
            Multiply(
                worker, block.Proj, Finish.Residual, Rounded(worker, _attended, channels, rows), channels, rows, tokens, channels,
                outputIsBf16: false, order, "product: projection");
            Normalize(worker, block.Norm2, tokens, channels, order, rows);
            Multiply(
                worker, block.Fc1, Finish.Gelu, _normed, channels, rows, _hidden, stage.Hidden, KeepsBf16, default,
                "product: first of MLP, with GELU");
            Multiply(
                worker, block.Fc2, Finish.Residual, Rounded(worker, _hidden, stage.Hidden, rows), stage.Hidden, rows, tokens, channels,
                outputIsBf16: false, order, "product: second of MLP");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalize(WorkerTeam.Worker worker, NormLayer norm, NativeBuffer tokens, int channels, TokenOrder order, int rows)
    {
        nint ld = VectorMath.Pad(channels);
        Debug.Assert(_scratch[worker.Index].Holds(1, ld), "There is room for a row.");
        Debug.Assert(tokens.Holds(order.End(rows), ld) && _normed.Holds(rows, ld, ElementSize), "Every row has its place in both.");
        for (var piece = worker.Next(); piece * RowsOfPiece < rows; piece = worker.Next())
        {
            for (var row = piece * RowsOfPiece; row < Math.Min(rows, (piece + 1) * RowsOfPiece); row++)
                NormRow(norm, tokens.Floats + (order.TokenOf(row) * ld), row, channels, _scratch[worker.Index]);
        }

        Meet(worker, "norms and gathering");
    }

    /// <summary>Normalises a row into what weights are multiplied by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NormRow(NormLayer norm, float* from, nint row, int channels, NativeBuffer scratch)
    {
        nint ld = VectorMath.Pad(channels);
        var to = (byte*)_normed.Pointer + (row * ld * ElementSize);
        if (IsInt8)
        {
            norm.Row(from, scratch.Floats, outputIsBf16: false);
            Int8Rows.Round(scratch.Floats, channels, to, _rowFactors.Floats + (row * Int8Rows.Factors));
        }
        else
        {
            norm.Row(from, to, KeepsBf16);
        }
    }

    /// <summary>What attention or GELU has given, in the numbers that weights are multiplied by.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private NativeBuffer Rounded(WorkerTeam.Worker worker, NativeBuffer from, int columns, int rows)
    {
        if (!IsInt8) return from;
        nint ld = VectorMath.Pad(columns);
        Debug.Assert(
            from.Holds(rows, ld, KeptSize) && _normed.Holds(rows, ld, ElementSize) && _rowFactors.Holds(rows, Int8Rows.Factors),
            "Every row has its place.");
        for (var piece = worker.Next(); piece * RowsOfPiece < rows; piece = worker.Next())
        {
            for (nint row = piece * RowsOfPiece; row < Math.Min(rows, (piece + 1) * RowsOfPiece); row++)
                Int8Rows.Round(
                    (ushort*)from.Pointer + (row * ld), columns, (byte*)_normed.Pointer + (row * ld),
                    _rowFactors.Floats + (row * Int8Rows.Factors));
        }

        Meet(worker, "rounding to integers");
        return _normed;
    }

    private void Merge(WorkerTeam.Worker worker, int from)
    {
        var (stage, next) = (_stages[from], _stages[from + 1]);
        var (norm, reduction) = (_network.Stages[from].MergeNorm!, _network.Stages[from].Reduction!);
        var (joining, joined) = (JoinedTokens.Of(_backbone, from), 4 * stage.Channels);
        var all = _images * next.Tokens;
        for (var first = 0; first < all; first += MergeRows(next))
        {
            var rows = Math.Min(MergeRows(next), all - first);
            Debug.Assert(_normed.Holds(rows, VectorMath.Pad(joined), ElementSize), "There is room for the joined rows.");
            Debug.Assert(_scratch[worker.Index].Holds(1, VectorMath.Pad(joined)), "There is room for one of them.");
            Debug.Assert(_tokens[from % 2].Holds((long)_images * stage.Tokens, VectorMath.Pad(stage.Channels)), "The tokens are whole.");
            for (var piece = worker.Next(); piece * RowsOfPiece < rows; piece = worker.Next())
            {
                var together = _scratch[worker.Index].Floats;
                new Span<float>(together, VectorMath.Pad(joined)).Clear();
                for (var row = piece * RowsOfPiece; row < Math.Min(rows, (piece + 1) * RowsOfPiece); row++)
                {
                    joining.Gather(_tokens[from % 2], first + row, together);
                    NormRow(norm, together, row, joined, _scratch[worker.Index]);
                }
            }

            Meet(worker, "norms and gathering");
            Multiply(
                worker, reduction, Finish.Bias, _normed, joined, rows, _tokens[(from + 1) % 2], next.Channels, outputIsBf16: false,
                new(null, next.Tokens, first), "product: merging");
        }
    }

    private void Pool(WorkerTeam.Worker worker)
    {
        var stage = _stages[^1];
        nint ld = VectorMath.Pad(stage.Channels);
        var tokens = _tokens[(_stages.Length - 1) % 2].Floats;
        Debug.Assert(
            _tokens[(_stages.Length - 1) % 2].Holds((long)_images * stage.Tokens, ld) && _pooled.Holds(_images, ld),
            "Tokens and their means are whole.");
        for (var row = worker.Next(); row < _images * stage.Tokens; row = worker.Next())
            _network.Norm.Row(tokens + (row * ld), tokens + (row * ld), outputIsBf16: false);
        Meet(worker, "norms and gathering");
        for (var image = worker.Next(); image < _images; image = worker.Next())
        {
            var sum = _pooled.Floats + (image * ld);
            new Span<float>(sum, (int)ld).Clear();
            for (var t = 0; t < stage.Tokens; t++) Elementwise.Add(sum, tokens + ((((nint)image * stage.Tokens) + t) * ld), (int)ld);
            for (var c = 0; c < ld; c++) sum[c] /= stage.Tokens;
        }

        Meet(worker, "patches and pooling");
    }

    private static void Copy(NativeBuffer from, int columns, Tensor to, long firstRow, int rows)
    {
        using var flat = to.view(-1, columns);
        using var part = flat.narrow(0, firstRow, rows);
        var target = MemoryMarshal.Cast<byte, float>(part.bytes);
        Debug.Assert(from.Holds(rows, VectorMath.Pad(columns)), "What is copied is there.");
        for (var row = 0; row < rows; row++)
            new ReadOnlySpan<float>(from.Floats + ((nint)row * VectorMath.Pad(columns)), columns).CopyTo(target[(row * columns)..]);
    }
}
