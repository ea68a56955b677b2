using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// The blocks of networks of one shape, forward and back, in kernels: as in inference, windows go through a whole block in
/// batches that stay in the caches, and nothing is partitioned, rolled or merged. Weights are packed anew for each call, because they move
/// with each step. Not thread-safe.
/// </summary>
/// <remarks>Rests on: <see cref="Create"/>, which looks at the shape, <see cref="Covers"/>, which looks at every parameter, and tokens that
/// are dense, in single precision, of the stage's shape.</remarks>
internal sealed unsafe class FusedBlocks : IDisposable
{
    /// <summary>Numbers of a batch of windows: its rows times the stage's channels.</summary>
    private const int BatchSize = 400_000;

    private const int SlackRows = 16;
    private const int RowsOfPiece = 32;

    /// <summary>Parts that sum the gradients of a norm by themselves, whatever the threads are.</summary>
    private const int Parts = 16;

    private readonly bool _isBf16;
    private readonly int _threads;
    private readonly StageMatrices[] _stages;
    private readonly Dictionary<SwinBlock, BlockAttention> _attentions = [];
    private readonly NativeBuffer _normed = new();
    private readonly NativeBuffer _qkv = new();
    private readonly NativeBuffer _attended = new();
    private readonly NativeBuffer _hidden = new();
    private readonly NativeBuffer _gradient = new();
    private readonly NativeBuffer _wide = new();
    private readonly NativeBuffer _turned = new();
    private readonly NativeBuffer _biases = new();
    private readonly NativeBuffer _parts = new();
    private readonly NativeBuffer[] _scratch;

    private FusedBlocks(SwinConfiguration configuration, bool bf16, int threads)
    {
        (_isBf16, _threads) = (bf16, threads);
        _stages = [.. Enumerable.Range(0, configuration.StageCount).Select(i => new StageMatrices(configuration, i, bf16))];
        _scratch = [.. Enumerable.Range(0, threads).Select(_ => new NativeBuffer())];
    }

    /// <summary>Set to have the time taken.</summary>
    public PassProfile? Profile { get; set; }

    /// <summary>Prepares for networks of a shape.</summary>
    /// <param name="configuration">The shape.</param>
    /// <param name="precision">Of products: float32, or bfloat16 with all else in float32.</param>
    /// <param name="threads">On how many threads to compute.</param>
    /// <returns>The caller owns it; <see langword="null"/> where the shape or the processor asks for libtorch's operators.</returns>
    public static FusedBlocks? Create(SwinConfiguration configuration, ScalarType precision, int threads) =>
        KernelWidth.IsSupported
        && (precision == ScalarType.Float32 || (precision == ScalarType.BFloat16 && Bf16Kernel.IsSupported))
        && PreparedNetwork.TilesStages(configuration)
        && configuration is { DropRate: 0, AttentionDropRate: 0 }
        && Enumerable.Range(0, configuration.StageCount).All(i =>
            configuration.ChannelsOf(i) % VectorMath.Lanes == 0
            && (int)(configuration.ChannelsOf(i) * configuration.MlpRatio) % VectorMath.Lanes == 0)
            ? new FusedBlocks(configuration, precision == ScalarType.BFloat16, threads)
            : null;

    /// <summary>Whether a network's precision and the parameters of its blocks can be computed with.</summary>
    public bool Covers(SwinBackbone network) =>
        network.Precision == (_isBf16 ? ScalarType.BFloat16 : ScalarType.Float32)
        && network.Stages.All(s => s.blocks.All(b => Parameters(b).All(p =>
            p is null || (p is { device_type: TorchSharp.DeviceType.CPU, dtype: ScalarType.Float32 } && p.is_contiguous()))));

    /// <summary>The last stage's tokens, without gradients.</summary>
    /// <param name="network">A network of the shape; borrowed.</param>
    /// <param name="images"><c>[B, C, H, W]</c>, normalized; borrowed.</param>
    /// <returns><c>[B, H, W, C]</c>; the caller owns them.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public Tensor Tokens(SwinBackbone network, Tensor images)
    {
        network.RequireImages(images);
        using var noGradient = no_grad();
        var isCovered = Covers(network);
        var tokens = network.Embed(images);
        for (var i = 0; i < network.Stages.Count; i++)
        {
            foreach (var block in network.Stages[i].blocks)
            {
                using var given = tokens;
                using var dense = given.contiguous();
                tokens = isCovered ? Forward(i, block, dense, keep: false).Output : block.call(dense);
            }

            if (network.Stages[i].downsample is not { } merging) continue;
            using var unmerged = tokens;
            tokens = merging.forward(unmerged);
        }

        return tokens;
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
        using var scope = NewDisposeScope();
        var output = empty_like(tokens);
        var rows = ((long)images * geometry.Tokens) + SlackRows;
        var state = !keep ? null : new BlockState
        {
            Input = tokens,
            Middle = empty_like(tokens).DetachFromDisposeScope(),
            Qkv = empty(rows, 3 * geometry.Channels).DetachFromDisposeScope(),
            Attended = empty(rows, geometry.Channels, dtype: _isBf16 ? ScalarType.BFloat16 : ScalarType.Float32).DetachFromDisposeScope(),
            Hidden = empty(rows, geometry.Hidden).DetachFromDisposeScope(),
            AttentionScales = attentionScales,
            MlpScales = mlpScales,
        };
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
            Middle = NativeRegion.Of(state is null ? output : state.Middle),
            Output = NativeRegion.Of(output),
            Qkv = state is null ? default : NativeRegion.Of(state.Qkv),
            Attended = state is null ? default : NativeRegion.Of(state.Attended),
            Hidden = state is null ? default : NativeRegion.Of(state.Hidden),
            AttentionScales = attentionScales,
            MlpScales = mlpScales,
        };
        WorkerTeam.Shared.Run(_threads, worker => Forward(worker, pass));
        return (output.MoveToOuterDisposeScope(), state);
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
            Input = NativeRegion.Of(state.Input),
            Middle = NativeRegion.Of(state.Middle),
            Output = NativeRegion.Of(dense),
            InputGradient = NativeRegion.Of(input),
            Qkv = NativeRegion.Of(state.Qkv),
            Attended = NativeRegion.Of(state.Attended),
            Hidden = NativeRegion.Of(state.Hidden),
            AttentionScales = state.AttentionScales,
            MlpScales = state.MlpScales,
        };
        WorkerTeam.Shared.Run(_threads, worker => Backward(worker, pass));
        return input.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var part in (ReadOnlySpan<IDisposable>)
        [
            .. _stages, .. _attentions.Values, _normed, _qkv, _attended, _hidden, _gradient, _wide, _turned, _biases, _parts, .. _scratch
        ])
            part.Dispose();
    }

    private void Meet(WorkerTeam.Worker worker, string work, double flops = 0)
    {
        worker.Meet();
        if (worker.Index == 0) Profile?.End(work, flops);
    }

    private int ElementSize => _isBf16 ? sizeof(ushort) : sizeof(float);

    private static Parameter?[] Parameters(SwinBlock block) =>
    [
        block.norm1.weight, block.norm1.bias, block.attn.qkv.weight, block.attn.qkv.bias, block.attn.relative_position_bias_table,
        block.attn.proj.weight, block.attn.proj.bias, block.norm2.weight, block.norm2.bias, block.mlp.fc1.weight, block.mlp.fc1.bias,
        block.mlp.fc2.weight, block.mlp.fc2.bias,
    ];

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
        long rows = (BatchWindows(size.Geometry, images) * size.Geometry.WindowTokens) + SlackRows;
        _normed.Reserve(rows * channels * sizeof(float));
        _hidden.Reserve(rows * hidden * sizeof(float));
        if (back)
        {
            if (_isBf16) _turned.Reserve(rows * Math.Max(hidden, 3 * channels) * sizeof(ushort));
            _gradient.Reserve(rows * channels * sizeof(float));
            _attended.Reserve(rows * channels * sizeof(float));
            _wide.Reserve(rows * Math.Max(hidden, 3 * channels) * sizeof(float));
            _biases.Reserve(attention.Gradient.BiasSize * sizeof(float));
            _parts.Reserve(2L * Parts * channels * sizeof(float));
        }
        else
        {
            _qkv.Reserve(rows * 3 * channels * sizeof(float));
            _attended.Reserve(rows * channels * sizeof(float));
        }

        var scratch = Math.Max(
            Math.Max(LinearLayer.ScratchSize, 2 * hidden), Math.Max(attention.Kernel.ScratchSize, attention.Gradient.ScratchSize));
        foreach (var buffer in _scratch) buffer.Reserve(scratch * sizeof(float));
    }

    /// <summary>Windows that go through a block together.</summary>
    private static int BatchWindows(StageGeometry stage, int images)
    {
        var windows = images * stage.WindowRows * stage.WindowColumns;
        var batches = Math.Max(1, (int)Math.Round((double)windows * stage.WindowTokens * stage.Channels / BatchSize));
        return (windows + batches - 1) / batches;
    }

    private void Forward(WorkerTeam.Worker worker, BlockPass pass)
    {
        var (size, weights) = (pass.Size, pass.Weights);
        var (geometry, channels) = (size.Geometry, size.Geometry.Channels);
        var scratch = _scratch[worker.Index];
        if (worker.Index == 0) Profile?.Begin();
        if (worker.Index == 0)
        {
            size.Norm1.Set(weights.Norm1.Weight.Floats, weights.Norm1.Bias.Floats);
            size.Norm2.Set(weights.Norm2.Weight.Floats, weights.Norm2.Bias.Floats);
        }

        size.Qkv.Pack(worker, weights.Qkv.Weight.Floats, weights.Qkv.Bias.Floats, channels, size.QueryScale);
        Meet(worker, "packing");
        size.Proj.Pack(worker, weights.Proj.Weight.Floats, weights.Proj.Bias.Floats);
        Meet(worker, "packing");
        size.Fc1.Pack(worker, weights.Fc1.Weight.Floats, weights.Fc1.Bias.Floats);
        Meet(worker, "packing");
        size.Fc2.Pack(worker, weights.Fc2.Weight.Floats, weights.Fc2.Bias.Floats);
        Meet(worker, "packing");
        var all = pass.Images * geometry.WindowRows * geometry.WindowColumns;
        var together = BatchWindows(geometry, pass.Images);
        for (var first = 0; first < all; first += together)
        {
            var windows = Math.Min(together, all - first);
            var rows = windows * geometry.WindowTokens;
            var row = (nint)first * geometry.WindowTokens;
            var order = new TokenOrder(geometry.OrderOf(pass.Shifted), geometry.Tokens, row);
            var qkv = pass.Qkv.IsNone ? _qkv : pass.Qkv.From(row, 3 * channels);
            var attended = pass.Attended.IsNone ? _attended : pass.Attended.From(row, channels, ElementSize);
            Normalize(worker, size.Norm1, pass.Input, channels, order, rows);
            Meet(worker, "norms and gathering");
            new LinearLayer(size.Qkv, Finish.Bias, _normed, channels, rows, qkv, 3 * channels, outputIsBf16: false, default)
                .Run(worker, scratch);
            Meet(worker, "forward: queries, keys, values", 6.0 * rows * channels * channels);
            pass.Attention.Kernel.Run(
                worker, qkv, 3 * channels, windows, first, geometry.WindowColumns, geometry.WindowRows, attended, channels,
                _isBf16, scratch);
            Meet(worker, "forward: attention", 4.0 * rows * geometry.WindowTokens * channels);
            new LinearLayer(size.Proj, Finish.Residual, attended, channels, rows, pass.Middle, channels, outputIsBf16: false, order)
            {
                Shortcut = pass.Input,
                BranchScales = pass.AttentionScales,
            }.Run(worker, scratch);
            Meet(worker, "forward: projection", 2.0 * rows * channels * channels);
            Normalize(worker, size.Norm2, pass.Middle, channels, order, rows);
            Meet(worker, "norms and gathering");
            new LinearLayer(
                size.Fc1, Finish.Gelu, _normed, channels, rows, _hidden, geometry.Hidden, _isBf16, default)
            {
                BeforeGelu = pass.Hidden.From(row, geometry.Hidden),
            }.Run(worker, scratch);
            Meet(worker, "forward: first of MLP", 2.0 * rows * channels * geometry.Hidden);
            new LinearLayer(
                size.Fc2, Finish.Residual, _hidden, geometry.Hidden, rows, pass.Output, channels, outputIsBf16: false, order)
            {
                Shortcut = pass.Middle,
                BranchScales = pass.MlpScales,
            }.Run(worker, scratch);
            Meet(worker, "forward: second of MLP", 2.0 * rows * channels * geometry.Hidden);
        }
    }

    private void Backward(WorkerTeam.Worker worker, BlockPass pass)
    {
        var (size, weights, geometry) = (pass.Size, pass.Weights, pass.Size.Geometry);
        if (worker.Index == 0)
        {
            Profile?.Begin();
            size.Norm1.Set(weights.Norm1.Weight.Floats, weights.Norm1.Bias.Floats);
            size.Norm2.Set(weights.Norm2.Weight.Floats, weights.Norm2.Bias.Floats);
        }

        size.QkvBack.PackForGradient(worker, weights.Qkv.Weight.Floats);
        Meet(worker, "packing");
        size.ProjBack.PackForGradient(worker, weights.Proj.Weight.Floats);
        Meet(worker, "packing");
        size.Fc1Back.PackForGradient(worker, weights.Fc1.Weight.Floats);
        Meet(worker, "packing");
        size.Fc2Back.PackForGradient(worker, weights.Fc2.Weight.Floats);
        Meet(worker, "packing");
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
        var scratch = _scratch[worker.Index].Floats;
        var before = pass.Hidden.From(row, hidden);
        var (activated, normed) = (
            new InputRows(_hidden, hidden, rows, _isBf16), new InputRows(_normed, channels, rows, _isBf16));
        for (var piece = worker.Next(); piece * RowsOfPiece < activated.Depth; piece = worker.Next())
        {
            for (var r = piece * RowsOfPiece; r < Math.Min(activated.Depth, (piece + 1) * RowsOfPiece); r++)
            {
                Elementwise.Activate(r < rows ? before.Floats + ((nint)r * hidden) : null, activated.Row(r, scratch), hidden);
                activated.Finish(r, scratch);
            }

            BeginBranch(worker, pass.Output, pass.MlpScales, size.Norm2, pass.Middle, normed, piece, rows, order, channels);
        }

        Meet(worker, "backward: GELU, norms, gathering");
        AddWeightGradient(worker, _gradient, channels, activated, hidden, rows, gradients.Fc2, further);
        Multiply(worker, size.Fc2Back, _gradient, channels, rows, _wide, hidden, before);
        AddWeightGradient(worker, _wide, hidden, normed, channels, rows, gradients.Fc1, further);
        Multiply(worker, size.Fc1Back, _wide, hidden, rows, _gradient, channels);
        BackThroughNorm(
            worker, pass.Middle, pass.Weights.Norm2.Weight.Floats, pass.Output, pass.InputGradient, channels, order, rows,
            gradients.Norm2);
    }

    private void BackThroughAttention(
        WorkerTeam.Worker worker, BlockPass pass, nint row, int rows, int firstWindow, int windows, TokenOrder order, bool further)
    {
        var (size, gradients) = (pass.Size, pass.Gradients!);
        var channels = size.Geometry.Channels;
        var kept = pass.Attended.From(row, channels, ElementSize);
        // In single precision the rows that were kept will do.
        var attended = new InputRows(_isBf16 ? _hidden : kept, channels, rows, _isBf16);
        var normed = new InputRows(_normed, channels, rows, _isBf16);
        for (var piece = worker.Next(); piece * RowsOfPiece < normed.Depth; piece = worker.Next())
        {
            for (var r = piece * RowsOfPiece; _isBf16 && r < Math.Min(normed.Depth, (piece + 1) * RowsOfPiece); r += 2)
                attended.FinishPair(r + 1, (ushort*)kept.Pointer + ((nint)r * channels), channels);
            BeginBranch(
                worker, pass.InputGradient, pass.AttentionScales, size.Norm1, pass.Input, normed, piece, rows, order, channels);
        }

        Meet(worker, "backward: norms, gathering");
        AddWeightGradient(worker, _gradient, channels, attended, channels, rows, gradients.Proj, further);
        Multiply(worker, size.ProjBack, _gradient, channels, rows, _attended, channels);
        pass.Attention.Gradient.Run(
            worker, pass.Qkv.From(row, 3 * channels), _attended, windows, firstWindow, size.Geometry, _wide, _isBf16, _biases,
            _scratch[worker.Index]);
        Meet(worker, "backward: attention", 10.0 * rows * size.Geometry.WindowTokens * channels);
        pass.Attention.Gradient.AddBias(worker, _biases.Floats, gradients.Table.Floats);
        Meet(worker, "backward: attention");
        AddWeightGradient(worker, _wide, 3 * channels, normed, channels, rows, gradients.Qkv, further);
        Multiply(worker, size.QkvBack, _wide, 3 * channels, rows, _gradient, channels);
        BackThroughNorm(
            worker, pass.Input, pass.Weights.Norm1.Weight.Floats, pass.InputGradient, pass.InputGradient, channels, order,
            rows, gradients.Norm1);
    }

    /// <summary>For the rows of a piece, the gradient with respect to a branch, and what its norm gave.</summary>
    private void BeginBranch(
        WorkerTeam.Worker worker, NativeRegion gradient, float[]? scales, NormLayer norm, NativeRegion tokens, InputRows normed, int piece,
        int rows, TokenOrder order, int channels)
    {
        Debug.Assert(
            gradient.Holds(order.End(rows), channels) && tokens.Holds(order.End(rows), channels)
            && _gradient.Holds(rows, channels, ElementSize) && _scratch[worker.Index].Holds(2, channels),
            "Every row has its place.");
        var scratch = _scratch[worker.Index].Floats;
        for (var r = piece * RowsOfPiece; r < Math.Min(normed.Depth, (piece + 1) * RowsOfPiece); r++)
        {
            var target = normed.Row(r, scratch);
            if (r < rows)
            {
                var token = order.TokenOf(r);
                Elementwise.Scale(
                    gradient.Floats + (token * channels), scales is null ? 1 : scales[order.ImageOf(token)],
                    (byte*)_gradient.Pointer + ((nint)r * channels * ElementSize), channels, _isBf16);
                norm.Row(tokens.Floats + (token * channels), target, outputIsBf16: false);
            }
            else
            {
                new Span<float>(target, channels).Clear();
            }

            normed.Finish(r, scratch);
        }
    }

    /// <summary>The gradients of a layer's weight and bias; the threads meet before and after.</summary>
    private void AddWeightGradient(
        WorkerTeam.Worker worker, NativeRegion outputGradient, int outputs, InputRows input, int inputs, int rows, LayerGradients gradient,
        bool further)
    {
        Debug.Assert(outputGradient.Holds(rows, outputs, ElementSize), "Every row has its place.");
        if (_isBf16)
        {
            Debug.Assert(_turned.Holds(outputs, input.Depth, sizeof(ushort)), "There is room for it on its side.");
            var turned = (ushort*)_turned.Pointer;
            Bf16WeightGradient.Transpose(worker, (ushort*)outputGradient.Pointer, rows, outputs, input.Depth, turned);
            Meet(worker, "backward: turning");
            new Bf16WeightGradient(
                turned, outputs, (ushort*)input.Memory, inputs, input.Depth, gradient.Weight.Floats, gradient.Bias.Floats,
                gradient.Adds || further).Run(worker);
        }
        else
        {
            new WeightGradient(
                outputGradient.Floats, outputs, (float*)input.Memory, inputs, rows, gradient.Weight.Floats, gradient.Bias.Floats,
                gradient.Adds || further).Run(worker);
        }

        Meet(worker, "backward: weights", 2.0 * rows * inputs * outputs);
    }

    /// <summary>The gradient with respect to a layer's input, and where GELU came before it, with respect to that of GELU.</summary>
    private void Multiply(
        WorkerTeam.Worker worker, PackedMatrix weights, NativeRegion input, int inputs, int rows, NativeRegion output, int outputs,
        NativeRegion beforeGelu = default)
    {
        var finish = beforeGelu.IsNone ? Finish.Bias : Finish.GeluSlope;
        new LinearLayer(weights, finish, input, inputs, rows, output, outputs, _isBf16 && !beforeGelu.IsNone, default)
        {
            BeforeGelu = beforeGelu,
        }.Run(worker, _scratch[worker.Index]);
        Meet(worker, "backward: inputs", 2.0 * rows * inputs * outputs);
    }

    private void BackThroughNorm(
        WorkerTeam.Worker worker, NativeRegion input, float* weight, NativeRegion addTo, NativeRegion inputGradient, int channels,
        TokenOrder order, int rows, LayerGradients gradient)
    {
        Debug.Assert(
            input.Holds(order.End(rows), channels) && addTo.Holds(order.End(rows), channels)
            && inputGradient.Holds(order.End(rows), channels) && _gradient.Holds(rows, channels) && _parts.Holds(2 * Parts, channels),
            "Every row has its place.");
        for (var part = worker.Next(); part < Parts; part = worker.Next())
        {
            var sums = _parts.Floats + (2 * (nint)part * channels);
            new Span<float>(sums, 2 * channels).Clear();
            for (var r = rows * part / Parts; r < rows * (part + 1) / Parts; r++)
            {
                var place = order.TokenOf(r) * channels;
                NormGradient.Row(
                    input.Floats + place, _gradient.Floats + ((nint)r * channels), weight, channels, addTo.Floats + place,
                    inputGradient.Floats + place, sums, sums + channels);
            }
        }

        Meet(worker, "backward: norms, gathering");
        if (worker.Index == 0)
        {
            for (var part = 0; part < Parts; part++)
            {
                var sums = _parts.Floats + (2 * (nint)part * channels);
                Elementwise.Add(gradient.Weight.Floats, sums, channels);
                Elementwise.Add(gradient.Bias.Floats, sums + channels, channels);
            }
        }

        Meet(worker, "backward: norms, gathering");
    }

    private void Normalize(WorkerTeam.Worker worker, NormLayer norm, NativeRegion tokens, int channels, TokenOrder order, int rows)
    {
        Debug.Assert(
            tokens.Holds(order.End(rows), channels) && _normed.Holds(rows, channels, ElementSize), "Every row has its place in both.");
        for (var piece = worker.Next(); piece * RowsOfPiece < rows; piece = worker.Next())
        {
            for (var row = piece * RowsOfPiece; row < Math.Min(rows, (piece + 1) * RowsOfPiece); row++)
                norm.Row(
                    tokens.Floats + (order.TokenOf(row) * channels), (byte*)_normed.Pointer + ((nint)row * channels * ElementSize),
                    _isBf16);
        }
    }
}
