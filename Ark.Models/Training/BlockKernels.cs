using System.Diagnostics;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// The blocks of networks of one shape, forward and back: windows go through a whole block in batches, and nothing is partitioned or
/// rolled. Not thread-safe.
/// </summary>
/// <remarks>Rests on: <see cref="FusedBlocks.Create"/>, which looks at the shape, <see cref="FusedBlocks.Covers"/>, which looks at every
/// parameter, and tokens that are dense, in single precision, of the stage's shape.</remarks>
internal sealed unsafe class BlockKernels : IDisposable
{
    private readonly bool _isBf16;
    private readonly StepWork _work;
    private readonly StageMatrices[] _stages;
    private readonly Stack<BlockState>[] _states;
    private readonly Dictionary<SwinBlock, BlockAttention> _attentions = [];

    /// <param name="configuration">The shape.</param>
    /// <param name="bf16">Whether the factors of products are rounded to bfloat16.</param>
    /// <param name="work">What pieces share; borrowed.</param>
    public BlockKernels(SwinConfiguration configuration, bool bf16, StepWork work)
    {
        (_isBf16, _work) = (bf16, work);
        _stages = [.. Enumerable.Range(0, configuration.StageCount).Select(i => new StageMatrices(configuration, i, bf16))];
        _states = [.. _stages.Select(_ => new Stack<BlockState>())];
    }

    /// <summary>A block's forward pass.</summary>
    /// <param name="stage">The number of its stage.</param>
    /// <param name="block">The block.</param>
    /// <param name="tokens"><c>[B, H, W, C]</c>; borrowed, and by the state too.</param>
    /// <param name="keep">Whether a backward pass follows.</param>
    /// <returns>The block's output, which the caller owns, and the state for the backward pass.</returns>
    public (Tensor Output, BlockState? State) Forward(int stage, SwinBlock block, Tensor tokens, bool keep)
    {
        var (attentionScales, mlpScales) = block.DrawDropPaths(tokens.size(0));
        var size = _stages[stage];
        var geometry = size.Geometry;
        var images = (int)tokens.size(0);
        var output = empty_like(tokens);
        var rows = ((long)images * geometry.Tokens) + StepWork.SlackRows;
        var state = keep ? StateOf(stage, rows) : null;
        if (state is not null)
            (state.Input, state.AttentionScales, state.MlpScales) = (NativeRegion.Of(tokens), attentionScales, mlpScales);
        var attention = AttentionOf(block, geometry, size.Heads);
        Reserve(size, images, back: false, attention);
        var pass = new BlockPass
        {
            Size = size,
            Attention = attention,
            Weights = new BlockWeights(block),
            Shifted = block.Geometry.Shift > 0,
            Images = images,
            Input = NativeRegion.Of(tokens),
            Middle = state?.Middle ?? NativeRegion.Of(output),
            Output = NativeRegion.Of(output),
            Qkv = state?.Qkv ?? default(NativeRegion),
            Attended = state?.Attended ?? default(NativeRegion),
            Hidden = state?.Hidden ?? default(NativeRegion),
            AttentionScales = attentionScales,
            MlpScales = mlpScales,
        };
        _work.Run(worker => Forward(worker, pass));
        return (output, state);
    }

    /// <summary>A block's backward pass. Adds to the gradients of the parameters that ask for them.</summary>
    /// <param name="stage">The number of its stage.</param>
    /// <param name="block">The block.</param>
    /// <param name="state">What its forward pass kept.</param>
    /// <param name="gradient">The gradient with respect to its output, <c>[B, H, W, C]</c>; borrowed.</param>
    /// <returns>The gradient with respect to its input; the caller owns it.</returns>
    public Tensor Backward(int stage, SwinBlock block, BlockState state, Tensor gradient)
    {
        var size = _stages[stage];
        var geometry = size.Geometry;
        var images = (int)gradient.size(0);
        using var scope = NewDisposeScope();
        var dense = gradient.contiguous();
        var input = empty_like(dense);
        var attention = AttentionOf(block, geometry, size.Heads);
        Reserve(size, images, back: true, attention);
        var pass = new BlockPass
        {
            Size = size,
            Attention = attention,
            Weights = new BlockWeights(block),
            Gradients = new BlockGradients(block),
            Shifted = block.Geometry.Shift > 0,
            Images = images,
            Input = state.Input,
            Middle = state.Middle,
            Output = NativeRegion.Of(dense),
            InputGradient = NativeRegion.Of(input),
            Qkv = state.Qkv,
            Attended = state.Attended,
            Hidden = state.Hidden,
            AttentionScales = state.AttentionScales,
            MlpScales = state.MlpScales,
        };
        _work.Run(worker => Backward(worker, pass));
        return input.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var part in (ReadOnlySpan<IDisposable>)[.. _stages, .. _attentions.Values, .. _states.SelectMany(s => s)]) part.Dispose();
    }

    /// <summary>Takes back a state that is no longer needed: its memory serves the next block of the stage.</summary>
    public void Return(int stage, BlockState state) => _states[stage].Push(state);

    private BlockState StateOf(int stage, long rows)
    {
        var (channels, hidden) = (_stages[stage].Geometry.Channels, _stages[stage].Geometry.Hidden);
        if (!_states[stage].TryPop(out var state)) state = new BlockState();
        state.Middle.Reserve(rows * channels * sizeof(float), clear: false);
        state.Qkv.Reserve(rows * 3 * channels * sizeof(float), clear: false);
        state.Attended.Reserve(rows * channels * ElementSize, clear: false);
        state.Hidden.Reserve(rows * hidden * sizeof(float), clear: false);
        return state;
    }

    private int ElementSize => _isBf16 ? sizeof(ushort) : sizeof(float);

    private BlockAttention AttentionOf(SwinBlock block, StageGeometry geometry, int heads)
    {
        if (!_attentions.TryGetValue(block, out var attention))
            _attentions.Add(block, attention = new BlockAttention(block, geometry, heads));
        using var table = block.attn.relative_position_bias_table.detach();
        attention.Kernel.FillBias(
            MemoryMarshal.Cast<byte, float>(table.bytes), attention.Positions);
        return attention;
    }

    private void Reserve(StageMatrices size, int images, bool back, BlockAttention attention)
    {
        var (channels, hidden) = (size.Geometry.Channels, size.Geometry.Hidden);
        var wide = Math.Max(hidden, 3 * channels);
        long rows = (BatchWindows(size.Geometry, images) * size.Geometry.WindowTokens) + StepWork.SlackRows;
        _work.Normed.Reserve(rows * channels * sizeof(float));
        _work.Hidden.Reserve(rows * hidden * sizeof(float));
        _work.Attended.Reserve(rows * channels * sizeof(float));
        if (back)
        {
            _work.Gradient.Reserve(rows * channels * sizeof(float));
            _work.Wide.Reserve(rows * wide * sizeof(float));
            _work.Biases.Reserve(attention.Gradient.BiasSize * sizeof(float));
            _work.ReserveGradients(rows, wide, channels, _isBf16);
        }
        else
        {
            _work.Qkv.Reserve(rows * 3 * channels * sizeof(float));
        }

        _work.ReserveScratch(Math.Max(2 * hidden, Math.Max(attention.Kernel.ScratchSize, attention.Gradient.ScratchSize)));
    }

    /// <summary>Windows that go through a block together.</summary>
    private static int BatchWindows(StageGeometry stage, int images)
    {
        var windows = images * stage.WindowRows * stage.WindowColumns;
        var batches = Math.Max(1, (int)Math.Round((double)windows * stage.WindowTokens * stage.Channels / StepWork.BatchSize));
        return (windows + batches - 1) / batches;
    }

    private void Forward(WorkerTeam.Worker worker, BlockPass pass)
    {
        var (size, weights) = (pass.Size, pass.Weights);
        var (geometry, channels) = (size.Geometry, size.Geometry.Channels);
        var scratch = _work.ScratchOf(worker);
        if (worker.Index == 0)
        {
            size.Norm1.Set(weights.Norm1.Weight.Floats, weights.Norm1.Bias.Floats);
            size.Norm2.Set(weights.Norm2.Weight.Floats, weights.Norm2.Bias.Floats);
        }

        size.Qkv.Pack(worker, weights.Qkv.Weight.Floats, weights.Qkv.Bias.Floats, channels, size.QueryScale);
        _work.Meet(worker, "packing");
        size.Proj.Pack(worker, weights.Proj.Weight.Floats, weights.Proj.Bias.Floats);
        _work.Meet(worker, "packing");
        size.Fc1.Pack(worker, weights.Fc1.Weight.Floats, weights.Fc1.Bias.Floats);
        _work.Meet(worker, "packing");
        size.Fc2.Pack(worker, weights.Fc2.Weight.Floats, weights.Fc2.Bias.Floats);
        _work.Meet(worker, "packing");
        var all = pass.Images * geometry.WindowRows * geometry.WindowColumns;
        var together = BatchWindows(geometry, pass.Images);
        for (var first = 0; first < all; first += together)
        {
            var windows = Math.Min(together, all - first);
            var rows = windows * geometry.WindowTokens;
            var row = (nint)first * geometry.WindowTokens;
            var order = new TokenOrder(geometry.OrderOf(pass.Shifted), geometry.Tokens, row);
            var qkv = pass.Qkv.IsNone ? _work.Qkv : pass.Qkv.From(row, 3 * channels);
            var attended = pass.Attended.IsNone ? _work.Attended : pass.Attended.From(row, channels, ElementSize);
            Normalize(worker, size.Norm1, pass.Input, channels, order, rows);
            _work.Meet(worker, "norms and gathering");
            new LinearLayer(size.Qkv, Finish.Bias, _work.Normed, channels, rows, qkv, 3 * channels, outputIsBf16: false, default)
                .Run(worker, scratch);
            _work.Meet(worker, "forward: queries, keys, values", 6.0 * rows * channels * channels);
            pass.Attention.Kernel.Run(
                worker, qkv, 3 * channels, windows, first, geometry.WindowColumns, geometry.WindowRows, attended, channels,
                _isBf16, scratch);
            _work.Meet(worker, "forward: attention", 4.0 * rows * geometry.WindowTokens * channels);
            new LinearLayer(size.Proj, Finish.Residual, attended, channels, rows, pass.Middle, channels, outputIsBf16: false, order)
            {
                Shortcut = pass.Input,
                BranchScales = pass.AttentionScales,
            }.Run(worker, scratch);
            _work.Meet(worker, "forward: projection", 2.0 * rows * channels * channels);
            Normalize(worker, size.Norm2, pass.Middle, channels, order, rows);
            _work.Meet(worker, "norms and gathering");
            new LinearLayer(
                size.Fc1, Finish.Gelu, _work.Normed, channels, rows, _work.Hidden, geometry.Hidden, _isBf16, default)
            {
                BeforeGelu = pass.Hidden.From(row, geometry.Hidden),
            }.Run(worker, scratch);
            _work.Meet(worker, "forward: first of MLP", 2.0 * rows * channels * geometry.Hidden);
            new LinearLayer(
                size.Fc2, Finish.Residual, _work.Hidden, geometry.Hidden, rows, pass.Output, channels, outputIsBf16: false, order)
            {
                Shortcut = pass.Middle,
                BranchScales = pass.MlpScales,
            }.Run(worker, scratch);
            _work.Meet(worker, "forward: second of MLP", 2.0 * rows * channels * geometry.Hidden);
        }
    }

    private void Backward(WorkerTeam.Worker worker, BlockPass pass)
    {
        var (size, weights, geometry) = (pass.Size, pass.Weights, pass.Size.Geometry);
        if (worker.Index == 0)
        {
            size.Norm1.Set(weights.Norm1.Weight.Floats, weights.Norm1.Bias.Floats);
            size.Norm2.Set(weights.Norm2.Weight.Floats, weights.Norm2.Bias.Floats);
        }

        size.QkvBack.PackForGradient(worker, weights.Qkv.Weight.Floats);
        _work.Meet(worker, "packing");
        size.ProjBack.PackForGradient(worker, weights.Proj.Weight.Floats);
        _work.Meet(worker, "packing");
        size.Fc1Back.PackForGradient(worker, weights.Fc1.Weight.Floats);
        _work.Meet(worker, "packing");
        size.Fc2Back.PackForGradient(worker, weights.Fc2.Weight.Floats);
        _work.Meet(worker, "packing");
        var all = pass.Images * geometry.WindowRows * geometry.WindowColumns;
        var together = BatchWindows(geometry, pass.Images);
        for (var first = 0; first < all; first += together)
        {
            var windows = Math.Min(together, all - first);
            var rows = windows * geometry.WindowTokens;
            var row = (nint)first * geometry.WindowTokens;
            var order = new TokenOrder(geometry.OrderOf(pass.Shifted), geometry.Tokens, row);
            BackThroughMlp(worker, pass, row, rows, order, first > 0);
            BackThroughAttention(worker, pass, row, rows, first, windows, order, first > 0);
        }
    }

    private void BackThroughMlp(WorkerTeam.Worker worker, BlockPass pass, nint row, int rows, TokenOrder order, bool further)
    {
        var (size, gradients) = (pass.Size, pass.Gradients!);
        var (channels, hidden) = (size.Geometry.Channels, size.Geometry.Hidden);
        var scratch = _work.ScratchOf(worker).Floats;
        var before = pass.Hidden.From(row, hidden);
        var (activated, normed) = (
            new InputRows(_work.Hidden, hidden, rows, _isBf16), new InputRows(_work.Normed, channels, rows, _isBf16));
        for (var piece = worker.Next(); piece * StepWork.RowsOfPiece < activated.Depth; piece = worker.Next())
        {
            for (var r = piece * StepWork.RowsOfPiece; r < Math.Min(activated.Depth, (piece + 1) * StepWork.RowsOfPiece); r++)
            {
                Elementwise.Activate(r < rows ? before.Floats + ((nint)r * hidden) : null, activated.Row(r, scratch), hidden);
                activated.Finish(r, scratch);
            }

            BeginBranch(worker, pass.Output, pass.MlpScales, size.Norm2, pass.Middle, normed, piece, rows, order, channels);
        }

        _work.Meet(worker, "backward: GELU, norms, gathering");
        _work.AddWeightGradient(worker, _work.Gradient, channels, activated, hidden, rows, gradients.Fc2, further);
        _work.Multiply(worker, size.Fc2Back, _work.Gradient, channels, rows, _work.Wide, hidden, before);
        _work.AddWeightGradient(worker, _work.Wide, hidden, normed, channels, rows, gradients.Fc1, further);
        _work.Multiply(worker, size.Fc1Back, _work.Wide, hidden, rows, _work.Gradient, channels);
        _work.BackThroughNorm(
            worker, pass.Middle, pass.Weights.Norm2.Weight.Floats, _work.Gradient, pass.Output, pass.InputGradient, channels, order, rows,
            gradients.Norm2);
    }

    private void BackThroughAttention(
        WorkerTeam.Worker worker, BlockPass pass, nint row, int rows, int firstWindow, int windows, TokenOrder order, bool further)
    {
        var (size, gradients) = (pass.Size, pass.Gradients!);
        var channels = size.Geometry.Channels;
        var kept = pass.Attended.From(row, channels, ElementSize);
        // In single precision the rows that were kept will do.
        var attended = new InputRows(_isBf16 ? _work.Hidden : kept, channels, rows, _isBf16);
        var normed = new InputRows(_work.Normed, channels, rows, _isBf16);
        for (var piece = worker.Next(); piece * StepWork.RowsOfPiece < normed.Depth; piece = worker.Next())
        {
            for (var r = piece * StepWork.RowsOfPiece; _isBf16 && r < Math.Min(normed.Depth, (piece + 1) * StepWork.RowsOfPiece); r += 2)
                attended.FinishPair(r + 1, (ushort*)kept.Pointer + ((nint)r * channels), channels);
            BeginBranch(
                worker, pass.InputGradient, pass.AttentionScales, size.Norm1, pass.Input, normed, piece, rows, order, channels);
        }

        _work.Meet(worker, "backward: norms, gathering");
        _work.AddWeightGradient(worker, _work.Gradient, channels, attended, channels, rows, gradients.Proj, further);
        _work.Multiply(worker, size.ProjBack, _work.Gradient, channels, rows, _work.Attended, channels);
        pass.Attention.Gradient.Run(
            worker, pass.Qkv.From(row, 3 * channels), _work.Attended, windows, firstWindow, size.Geometry, _work.Wide, _isBf16, _work.Biases,
            _work.ScratchOf(worker));
        _work.Meet(worker, "backward: attention", 10.0 * rows * size.Geometry.WindowTokens * channels);
        pass.Attention.Gradient.AddBias(worker, _work.Biases.Floats, gradients.Table.Floats);
        _work.Meet(worker, "backward: attention");
        _work.AddWeightGradient(worker, _work.Wide, 3 * channels, normed, channels, rows, gradients.Qkv, further);
        _work.Multiply(worker, size.QkvBack, _work.Wide, 3 * channels, rows, _work.Gradient, channels);
        _work.BackThroughNorm(
            worker, pass.Input, pass.Weights.Norm1.Weight.Floats, _work.Gradient, pass.InputGradient, pass.InputGradient, channels, order,
            rows, gradients.Norm1);
    }

    /// <summary>For the rows of a piece, the gradient with respect to a branch, and what its norm gave.</summary>
    private void BeginBranch(
        WorkerTeam.Worker worker, NativeRegion gradient, float[]? scales, NormLayer norm, NativeRegion tokens, InputRows normed, int piece,
        int rows, TokenOrder order, int channels)
    {
        Debug.Assert(
            gradient.Holds(order.End(rows), channels) && tokens.Holds(order.End(rows), channels)
            && _work.Gradient.Holds(rows, channels, ElementSize) && _work.ScratchOf(worker).Holds(2, channels),
            "Every row has its place.");
        var scratch = _work.ScratchOf(worker).Floats;
        for (var r = piece * StepWork.RowsOfPiece; r < Math.Min(normed.Depth, (piece + 1) * StepWork.RowsOfPiece); r++)
        {
            var target = normed.Row(r, scratch);
            if (r < rows)
            {
                var token = order.TokenOf(r);
                Elementwise.Scale(
                    gradient.Floats + (token * channels), scales is null ? 1 : scales[order.ImageOf(token)],
                    (byte*)_work.Gradient.Pointer + ((nint)r * channels * ElementSize), channels, _isBf16);
                norm.Row(tokens.Floats + (token * channels), target, outputIsBf16: false);
            }
            else
            {
                new Span<float>(target, channels).Clear();
            }

            normed.Finish(r, scratch);
        }
    }

    private void Normalize(WorkerTeam.Worker worker, NormLayer norm, NativeRegion tokens, int channels, TokenOrder order, int rows)
    {
        Debug.Assert(
            tokens.Holds(order.End(rows), channels) && _work.Normed.Holds(rows, channels, ElementSize), "Every row has its place in both.");
        for (var piece = worker.Next(); piece * StepWork.RowsOfPiece < rows; piece = worker.Next())
        {
            for (var row = piece * StepWork.RowsOfPiece; row < Math.Min(rows, (piece + 1) * StepWork.RowsOfPiece); row++)
                norm.Row(
                    tokens.Floats + (order.TokenOf(row) * channels), (byte*)_work.Normed.Pointer + ((nint)row * channels * ElementSize),
                    _isBf16);
        }
    }
}
