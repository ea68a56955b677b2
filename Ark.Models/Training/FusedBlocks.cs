using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// The blocks of networks of one shape, forward and back, on processors with AVX-512: as in inference, windows go through a whole block in
/// batches that stay in the caches, and nothing is partitioned, rolled or merged. Weights are packed anew for each call, because they move
/// with each step. Not thread-safe.
/// </summary>
/// <remarks>Rests on: <see cref="Create"/>, which looks at the shape, <see cref="Covers"/>, which looks at every parameter, and tokens that are dense, in single precision, of the stage's
/// shape.</remarks>
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
    private readonly Stage[] _stages;
    private readonly Dictionary<SwinBlock, Attention> _attentions = [];
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
        _stages = [.. Enumerable.Range(0, configuration.StageCount).Select(i => new Stage(configuration, i, bf16))];
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
        FastPass.IsSupported
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
        fixed (float* attentionFactors = attentionScales, mlpFactors = mlpScales)
        {
            var pass = new Pass
            {
                Size = size,
                Attention = attention,
                Weights = new Weights(block),
                Shifted = block.Geometry.Shift > 0,
                Images = images,
                Input = Address(tokens),
                Middle = state is null ? Address(output) : Address(state.Middle),
                Output = Address(output),
                Qkv = state is null ? null : Address(state.Qkv),
                Attended = state is null ? null : TensorMemory.AddressOf(state.Attended),
                Hidden = state is null ? null : Address(state.Hidden),
                AttentionScales = attentionFactors,
                MlpScales = mlpFactors,
            };
            WorkerTeam.Shared.Run(_threads, worker => Forward(worker, pass));
        }

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
        fixed (float* attentionFactors = state.AttentionScales, mlpFactors = state.MlpScales)
        {
            var pass = new Pass
            {
                Size = size,
                Attention = attention,
                Weights = new Weights(block),
                Gradients = new Gradients(block),
                Shifted = block.Geometry.Shift > 0,
                Images = images,
                Input = Address(state.Input),
                Middle = Address(state.Middle),
                Output = Address(dense),
                InputGradient = Address(input),
                Qkv = Address(state.Qkv),
                Attended = TensorMemory.AddressOf(state.Attended),
                Hidden = Address(state.Hidden),
                AttentionScales = attentionFactors,
                MlpScales = mlpFactors,
            };
            WorkerTeam.Shared.Run(_threads, worker => Backward(worker, pass));
        }

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

    private static float* Address(Tensor tensor) => (float*)TensorMemory.AddressOf(tensor);

    private Attention AttentionOf(SwinBlock block, StageGeometry geometry, int heads)
    {
        if (!_attentions.TryGetValue(block, out var attention))
            _attentions.Add(block, attention = new Attention(block, geometry, heads));
        using var table = block.attn.relative_position_bias_table.detach();
        attention.Kernel.FillBias(
            MemoryMarshal.Cast<byte, float>(table.bytes), attention.Positions);
        return attention;
    }

    private void Reserve(Stage size, int images, bool back, Attention attention)
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

        var scratch = Math.Max(Math.Max(LinearLayer.ScratchSize, 2 * hidden), Math.Max(attention.Kernel.ScratchSize, attention.Gradient.ScratchSize));
        foreach (var buffer in _scratch) buffer.Reserve(scratch * sizeof(float));
    }

    /// <summary>Windows that go through a block together.</summary>
    private static int BatchWindows(StageGeometry stage, int images)
    {
        var windows = images * stage.WindowRows * stage.WindowColumns;
        var batches = Math.Max(1, (int)Math.Round((double)windows * stage.WindowTokens * stage.Channels / BatchSize));
        return (windows + batches - 1) / batches;
    }

    private void Forward(WorkerTeam.Worker worker, Pass pass)
    {
        var (size, weights) = (pass.Size, pass.Weights);
        var (geometry, channels) = (size.Geometry, size.Geometry.Channels);
        var scratch = _scratch[worker.Index].Floats;
        if (worker.Index == 0) Profile?.Begin();
        if (worker.Index == 0)
        {
            size.Norm1.Set(weights.Norm1.Weight, weights.Norm1.Bias);
            size.Norm2.Set(weights.Norm2.Weight, weights.Norm2.Bias);
        }

        size.Qkv.Pack(worker, weights.Qkv.Weight, weights.Qkv.Bias, channels, size.QueryScale);
        Meet(worker, "packing");
        size.Proj.Pack(worker, weights.Proj.Weight, weights.Proj.Bias);
        Meet(worker, "packing");
        size.Fc1.Pack(worker, weights.Fc1.Weight, weights.Fc1.Bias);
        Meet(worker, "packing");
        size.Fc2.Pack(worker, weights.Fc2.Weight, weights.Fc2.Bias);
        Meet(worker, "packing");
        var all = pass.Images * geometry.WindowRows * geometry.WindowColumns;
        var together = BatchWindows(geometry, pass.Images);
        for (var first = 0; first < all; first += together)
        {
            var windows = Math.Min(together, all - first);
            var rows = windows * geometry.WindowTokens;
            var row = (nint)first * geometry.WindowTokens;
            var order = new TokenOrder(geometry.OrderOf(pass.Shifted), geometry.Tokens, row);
            var qkv = pass.Qkv is null ? _qkv.Floats : pass.Qkv + (row * 3 * channels);
            var attended = pass.Attended is null ? _attended.Pointer : pass.Attended + (row * channels * ElementSize);
            Normalize(worker, size.Norm1, pass.Input, channels, order, rows);
            Meet(worker, "norms and gathering");
            new LinearLayer(size.Qkv, Finish.Bias, _normed.Pointer, channels, rows, qkv, 3 * channels, outputIsBf16: false, default)
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
                size.Fc1, Finish.Gelu, _normed.Pointer, channels, rows, _hidden.Pointer, geometry.Hidden, _isBf16, default)
            {
                BeforeGelu = pass.Hidden is null ? null : pass.Hidden + (row * geometry.Hidden),
            }.Run(worker, scratch);
            Meet(worker, "forward: first of MLP", 2.0 * rows * channels * geometry.Hidden);
            new LinearLayer(
                size.Fc2, Finish.Residual, _hidden.Pointer, geometry.Hidden, rows, pass.Output, channels, outputIsBf16: false, order)
            {
                Shortcut = pass.Middle,
                BranchScales = pass.MlpScales,
            }.Run(worker, scratch);
            Meet(worker, "forward: second of MLP", 2.0 * rows * channels * geometry.Hidden);
        }
    }

    private void Backward(WorkerTeam.Worker worker, Pass pass)
    {
        var (size, weights, geometry) = (pass.Size, pass.Weights, pass.Size.Geometry);
        if (worker.Index == 0)
        {
            Profile?.Begin();
            size.Norm1.Set(weights.Norm1.Weight, weights.Norm1.Bias);
            size.Norm2.Set(weights.Norm2.Weight, weights.Norm2.Bias);
        }

        size.QkvBack.PackForGradient(worker, weights.Qkv.Weight);
        Meet(worker, "packing");
        size.ProjBack.PackForGradient(worker, weights.Proj.Weight);
        Meet(worker, "packing");
        size.Fc1Back.PackForGradient(worker, weights.Fc1.Weight);
        Meet(worker, "packing");
        size.Fc2Back.PackForGradient(worker, weights.Fc2.Weight);
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

    private void BackThroughMlp(WorkerTeam.Worker worker, Pass pass, nint row, int rows, TokenOrder order, bool further)
    {
        var (size, gradients) = (pass.Size, pass.Gradients!);
        var (channels, hidden) = (size.Geometry.Channels, size.Geometry.Hidden);
        var scratch = _scratch[worker.Index].Floats;
        var before = pass.Hidden + (row * hidden);
        var (activated, normed) = (
            new InputRows(_hidden.Pointer, hidden, rows, _isBf16), new InputRows(_normed.Pointer, channels, rows, _isBf16));
        for (var piece = worker.Next(); piece * RowsOfPiece < activated.Depth; piece = worker.Next())
        {
            for (var r = piece * RowsOfPiece; r < Math.Min(activated.Depth, (piece + 1) * RowsOfPiece); r++)
            {
                Activate(r < rows ? before + ((nint)r * hidden) : null, activated.Row(r, scratch), hidden);
                activated.Finish(r, scratch);
            }

            BeginBranch(worker, pass.Output, pass.MlpScales, size.Norm2, pass.Middle, normed, piece, rows, order, channels);
        }

        Meet(worker, "backward: GELU, norms, gathering");
        AddWeightGradient(worker, _gradient.Pointer, channels, activated, hidden, rows, gradients.Fc2, further);
        Multiply(worker, size.Fc2Back, _gradient.Pointer, channels, rows, _wide.Pointer, hidden, before);
        AddWeightGradient(worker, _wide.Pointer, hidden, normed, channels, rows, gradients.Fc1, further);
        Multiply(worker, size.Fc1Back, _wide.Pointer, hidden, rows, _gradient.Pointer, channels);
        BackThroughNorm(
            worker, pass.Middle, _gradient.Floats, pass.Weights.Norm2.Weight, pass.Output, pass.InputGradient, channels, order, rows,
            gradients.Norm2);
    }

    private void BackThroughAttention(
        WorkerTeam.Worker worker, Pass pass, nint row, int rows, int firstWindow, int windows, TokenOrder order, bool further)
    {
        var (size, gradients) = (pass.Size, pass.Gradients!);
        var channels = size.Geometry.Channels;
        var scratch = _scratch[worker.Index].Floats;
        var kept = pass.Attended + (row * channels * ElementSize);
        // In single precision the rows that were kept will do.
        var attended = new InputRows(_isBf16 ? _hidden.Pointer : kept, channels, rows, _isBf16);
        var normed = new InputRows(_normed.Pointer, channels, rows, _isBf16);
        for (var piece = worker.Next(); piece * RowsOfPiece < normed.Depth; piece = worker.Next())
        {
            for (var r = piece * RowsOfPiece; _isBf16 && r < Math.Min(normed.Depth, (piece + 1) * RowsOfPiece); r += 2)
                attended.FinishPair(r + 1, (ushort*)kept + ((nint)r * channels), channels);
            BeginBranch(
                worker, pass.InputGradient, pass.AttentionScales, size.Norm1, pass.Input, normed, piece, rows, order, channels);
        }

        Meet(worker, "backward: norms, gathering");
        AddWeightGradient(worker, _gradient.Pointer, channels, attended, channels, rows, gradients.Proj, further);
        Multiply(worker, size.ProjBack, _gradient.Pointer, channels, rows, _attended.Pointer, channels);
        pass.Attention.Gradient.Run(
            worker, pass.Qkv + (row * 3 * channels), _attended.Floats, windows, firstWindow, size.Geometry, _wide.Pointer, _isBf16,
            _biases.Floats, scratch);
        Meet(worker, "backward: attention", 10.0 * rows * size.Geometry.WindowTokens * channels);
        pass.Attention.Gradient.AddBias(worker, _biases.Floats, gradients.Table);
        Meet(worker, "backward: attention");
        AddWeightGradient(worker, _wide.Pointer, 3 * channels, normed, channels, rows, gradients.Qkv, further);
        Multiply(worker, size.QkvBack, _wide.Pointer, 3 * channels, rows, _gradient.Pointer, channels);
        BackThroughNorm(
            worker, pass.Input, _gradient.Floats, pass.Weights.Norm1.Weight, pass.InputGradient, pass.InputGradient, channels, order,
            rows, gradients.Norm1);
    }

    /// <summary>For the rows of a piece, the gradient with respect to a branch, and what its norm gave.</summary>
    private void BeginBranch(
        WorkerTeam.Worker worker, float* gradient, float* scales, NormLayer norm, float* tokens, InputRows normed, int piece, int rows,
        TokenOrder order, int channels)
    {
        var scratch = _scratch[worker.Index].Floats;
        for (var r = piece * RowsOfPiece; r < Math.Min(normed.Depth, (piece + 1) * RowsOfPiece); r++)
        {
            var target = normed.Row(r, scratch);
            if (r < rows)
            {
                var token = order.TokenOf(r);
                Scale(
                    gradient + (token * channels), scales is null ? 1 : scales[order.ImageOf(token)],
                    (byte*)_gradient.Pointer + ((nint)r * channels * ElementSize), channels);
                norm.Row(tokens + (token * channels), target, outputIsBf16: false);
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
        WorkerTeam.Worker worker, void* outputGradient, int outputs, InputRows input, int inputs, int rows, Gradient gradient,
        bool further)
    {
        if (_isBf16)
        {
            var turned = (ushort*)_turned.Pointer;
            Bf16WeightGradient.Transpose(worker, (ushort*)outputGradient, rows, outputs, input.Depth, turned);
            Meet(worker, "backward: turning");
            new Bf16WeightGradient(
                turned, outputs, (ushort*)input.Memory, inputs, input.Depth, gradient.Weight, gradient.Bias, gradient.Adds || further)
                .Run(worker);
        }
        else
        {
            new WeightGradient(
                (float*)outputGradient, outputs, (float*)input.Memory, inputs, rows, gradient.Weight, gradient.Bias,
                gradient.Adds || further).Run(worker);
        }

        Meet(worker, "backward: weights", 2.0 * rows * inputs * outputs);
    }

    /// <summary>The gradient with respect to a layer's input, and where GELU came before it, with respect to that of GELU.</summary>
    private void Multiply(
        WorkerTeam.Worker worker, PackedMatrix weights, void* input, int inputs, int rows, void* output, int outputs,
        float* beforeGelu = null)
    {
        var finish = beforeGelu is null ? Finish.Bias : Finish.GeluSlope;
        new LinearLayer(weights, finish, input, inputs, rows, output, outputs, _isBf16 && beforeGelu is not null, default)
        {
            BeforeGelu = beforeGelu,
        }.Run(worker, _scratch[worker.Index].Floats);
        Meet(worker, "backward: inputs", 2.0 * rows * inputs * outputs);
    }

    private void BackThroughNorm(
        WorkerTeam.Worker worker, float* input, float* outputGradient, float* weight, float* addTo, float* inputGradient, int channels,
        TokenOrder order, int rows, Gradient gradient)
    {
        for (var part = worker.Next(); part < Parts; part = worker.Next())
        {
            var sums = _parts.Floats + (2 * (nint)part * channels);
            new Span<float>(sums, 2 * channels).Clear();
            for (var r = rows * part / Parts; r < rows * (part + 1) / Parts; r++)
            {
                var place = order.TokenOf(r) * channels;
                NormGradient.Row(
                    input + place, outputGradient + ((nint)r * channels), weight, channels, addTo + place, inputGradient + place, sums,
                    sums + channels);
            }
        }

        Meet(worker, "backward: norms, gathering");
        if (worker.Index == 0)
        {
            for (var c = 0; c < channels; c += VectorMath.Lanes)
            {
                var (factors, offsets) = (Vector512.Load(gradient.Weight + c), Vector512.Load(gradient.Bias + c));
                for (var part = 0; part < Parts; part++)
                {
                    factors += Vector512.Load(_parts.Floats + (2 * (nint)part * channels) + c);
                    offsets += Vector512.Load(_parts.Floats + (((2 * (nint)part) + 1) * channels) + c);
                }

                factors.Store(gradient.Weight + c);
                offsets.Store(gradient.Bias + c);
            }
        }

        Meet(worker, "backward: norms, gathering");
    }

    private void Normalize(WorkerTeam.Worker worker, NormLayer norm, float* tokens, int channels, TokenOrder order, int rows)
    {
        for (var piece = worker.Next(); piece * RowsOfPiece < rows; piece = worker.Next())
        {
            for (var row = piece * RowsOfPiece; row < Math.Min(rows, (piece + 1) * RowsOfPiece); row++)
                norm.Row(
                    tokens + (order.TokenOf(row) * channels), (byte*)_normed.Pointer + ((nint)row * channels * ElementSize), _isBf16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scale(float* from, float factor, void* to, int count)
    {
        var scale = Vector512.Create(factor);
        for (var i = 0; i < count; i += VectorMath.Lanes)
        {
            var value = Vector512.Load(from + i) * scale;
            if (_isBf16) VectorMath.StoreBf16(value, (ushort*)to + i);
            else value.Store((float*)to + i);
        }
    }

    /// <summary>GELU of a row; zeros of one that is made up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Activate(float* from, float* to, int count)
    {
        var table = Gelu.Table;
        for (var i = 0; i < count; i += VectorMath.Lanes)
            (from is null ? Vector512<float>.Zero : Gelu.Apply(Vector512.Load(from + i), table)).Store(to + i);
    }

    /// <summary>What all blocks of a stage share.</summary>
    private sealed class Stage : IDisposable
    {
        public Stage(SwinConfiguration configuration, int stage, bool bf16)
        {
            Geometry = new StageGeometry(configuration, stage);
            Heads = configuration.NumHeads[stage];
            var (channels, hidden) = (Geometry.Channels, Geometry.Hidden);
            QueryScale = MathF.Pow(channels / Heads, -0.5f);
            (Norm1, Norm2) = (new NormLayer(channels), new NormLayer(channels));
            Qkv = PackedMatrix.Reserve(3 * channels, channels, bf16);
            Proj = PackedMatrix.Reserve(channels, channels, bf16);
            Fc1 = PackedMatrix.Reserve(hidden, channels, bf16);
            Fc2 = PackedMatrix.Reserve(channels, hidden, bf16);
            QkvBack = PackedMatrix.Reserve(channels, 3 * channels, bf16);
            ProjBack = PackedMatrix.Reserve(channels, channels, bf16);
            Fc1Back = PackedMatrix.Reserve(channels, hidden, bf16);
            Fc2Back = PackedMatrix.Reserve(hidden, channels, bf16);
        }

        public StageGeometry Geometry { get; }

        public int Heads { get; }

        public float QueryScale { get; }

        public NormLayer Norm1 { get; }

        public NormLayer Norm2 { get; }

        public PackedMatrix Qkv { get; }

        public PackedMatrix Proj { get; }

        public PackedMatrix Fc1 { get; }

        public PackedMatrix Fc2 { get; }

        public PackedMatrix QkvBack { get; }

        public PackedMatrix ProjBack { get; }

        public PackedMatrix Fc1Back { get; }

        public PackedMatrix Fc2Back { get; }

        public void Dispose()
        {
            foreach (var part in (ReadOnlySpan<IDisposable>)
                [Geometry, Norm1, Norm2, Qkv, Proj, Fc1, Fc2, QkvBack, ProjBack, Fc1Back, Fc2Back])
                part.Dispose();
        }
    }

    /// <summary>A block's attention: its bias moves with each step, its masks never.</summary>
    private sealed class Attention : IDisposable
    {
        public Attention(SwinBlock block, StageGeometry geometry, int heads)
        {
            Positions = WindowAttention.RelativePositions(geometry.Window);
            Kernel = new WindowAttentionKernel(block.attn, geometry.Window, block.Geometry.Shift, heads, geometry.Channels);
            Gradient = new WindowAttentionGradient(Kernel, geometry.Window, heads, geometry.Channels, Positions);
        }

        public long[] Positions { get; }

        public WindowAttentionKernel Kernel { get; }

        public WindowAttentionGradient Gradient { get; }

        public void Dispose() => Kernel.Dispose();
    }

    /// <summary>The addresses of a layer's weight and bias.</summary>
    private readonly struct Layer(Parameter weight, Parameter? bias)
    {
        public float* Weight { get; } = Address(weight);

        public float* Bias { get; } = bias is null ? null : Address(bias);
    }

    private sealed class Weights(SwinBlock block)
    {
        public Layer Norm1 { get; } = new(block.norm1.weight!, block.norm1.bias);

        public Layer Qkv { get; } = new(block.attn.qkv.weight!, block.attn.qkv.bias);

        public Layer Proj { get; } = new(block.attn.proj.weight!, block.attn.proj.bias);

        public Layer Norm2 { get; } = new(block.norm2.weight!, block.norm2.bias);

        public Layer Fc1 { get; } = new(block.mlp.fc1.weight!, block.mlp.fc1.bias);

        public Layer Fc2 { get; } = new(block.mlp.fc2.weight!, block.mlp.fc2.bias);
    }

    /// <summary>The addresses of a layer's gradients, which are made where there are none.</summary>
    private readonly struct Gradient
    {
        public Gradient(Parameter weight, Parameter? bias, bool zero = false)
        {
            Weight = Of(weight, zero, out var adds);
            Adds = adds;
            if (bias is not null) Bias = Of(bias, zero: true, out _);
        }

        public float* Weight { get; }

        /// <summary>Holds zeros where there was none, and is always added to.</summary>
        public float* Bias { get; }

        /// <summary>Whether there was a gradient of the weight, which is added to; else it is written.</summary>
        public bool Adds { get; }

        public static float* Of(Parameter parameter, bool zero, out bool adds)
        {
            using var there = parameter.grad;
            adds = there is not null || zero;
            if (there is not null && TensorMemory.IsDense(there)) return Address(there);
            using var made = there?.contiguous() ?? (zero ? zeros_like(parameter) : empty_like(parameter));
            parameter.grad = made;
            return Address(made);
        }
    }

    private sealed class Gradients(SwinBlock block)
    {
        public Gradient Norm1 { get; } = new(block.norm1.weight!, block.norm1.bias, zero: true);

        public Gradient Qkv { get; } = new(block.attn.qkv.weight!, block.attn.qkv.bias);

        public float* Table { get; } = Gradient.Of(block.attn.relative_position_bias_table, zero: true, out _);

        public Gradient Proj { get; } = new(block.attn.proj.weight!, block.attn.proj.bias);

        public Gradient Norm2 { get; } = new(block.norm2.weight!, block.norm2.bias, zero: true);

        public Gradient Fc1 { get; } = new(block.mlp.fc1.weight!, block.mlp.fc1.bias);

        public Gradient Fc2 { get; } = new(block.mlp.fc2.weight!, block.mlp.fc2.bias);
    }

    /// <summary>One call: what all threads compute with.</summary>
    private sealed class Pass
    {
        public required Stage Size { get; init; }

        public required Attention Attention { get; init; }

        public required Weights Weights { get; init; }

        public Gradients? Gradients { get; init; }

        public required bool Shifted { get; init; }

        public required int Images { get; init; }

        /// <summary>The tokens that go in.</summary>
        public required float* Input { get; init; }

        /// <summary>The tokens between attention and MLP; where nothing is kept, the output.</summary>
        public required float* Middle { get; init; }

        /// <summary>The tokens that come out, or the gradient with respect to them.</summary>
        public required float* Output { get; init; }

        public float* InputGradient { get; init; }

        public required float* Qkv { get; init; }

        public required byte* Attended { get; init; }

        public required float* Hidden { get; init; }

        public required float* AttentionScales { get; init; }

        public required float* MlpScales { get; init; }
    }
}
