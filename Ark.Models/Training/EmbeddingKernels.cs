using System.Diagnostics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>Patch embedding with its norm and positions, forward and back, in single precision.</summary>
/// <remarks>Rests on: <see cref="FusedBlocks.Covers"/>, which looks at every parameter, and images that are dense, that <see
/// cref="Takes"/> looked at, of the network's shape.</remarks>
internal sealed unsafe class EmbeddingKernels : IDisposable
{
    private readonly StepWork _work;
    private readonly SwinConfiguration _configuration;
    private readonly PatchRows _patches;
    private readonly int _channels;
    private readonly PackedMatrix _projection;
    private readonly NormLayer _norm;

    private EmbeddingKernels(SwinConfiguration configuration, StepWork work)
    {
        (_work, _configuration) = (work, configuration);
        _patches = PatchRows.Of(configuration);
        _channels = configuration.EmbedDim;
        _projection = PackedMatrix.Reserve(_channels, _patches.Depth, bf16: false);
        _norm = new NormLayer(_channels);
    }

    /// <param name="configuration">The shape, whose channels are whole vectors.</param>
    /// <param name="work">What pieces share; borrowed.</param>
    /// <returns><see langword="null"/> where a patch is no multiple of a vector.</returns>
    public static EmbeddingKernels? Create(SwinConfiguration configuration, StepWork work) =>
        PatchRows.Of(configuration).Depth % VectorMath.Lanes == 0 ? new EmbeddingKernels(configuration, work) : null;

    /// <summary>Whether images are of the type that is computed with.</summary>
    public static bool Takes(Tensor images) => images is { device_type: TorchSharp.DeviceType.CPU, dtype: ScalarType.Float32 };

    /// <summary>The first tokens, without gradients.</summary>
    /// <param name="network">The network; borrowed.</param>
    /// <param name="images"><c>[B, C, H, W]</c>; borrowed.</param>
    /// <returns><c>[B, H / patch, W / patch, D]</c>; the caller owns them.</returns>
    public Tensor Forward(SwinBackbone network, Tensor images)
    {
        using var fitted = Fit(images);
        var (rows, columns) = _configuration.ResolutionOf(0);
        var result = empty(images.size(0), rows, columns, _channels);
        var (pixels, tokens, all) = (NativeRegion.Of(fitted), NativeRegion.Of(result), (int)(images.size(0) * _patches.Tokens));
        var weights = new Weights(network);
        Reserve();
        _work.Run(worker =>
        {
            Pack(worker, weights);
            for (var first = 0; first < all; first += RowsTogether)
            {
                var together = Math.Min(RowsTogether, all - first);
                Project(worker, pixels, first, together, tokens, new(null, all, first));
                if (weights.Norm is null && weights.Positions.IsNone) continue;
                for (var piece = worker.Next(); piece * StepWork.RowsOfPiece < together; piece = worker.Next())
                    Complete(weights, tokens, first, piece, together);
                _work.Meet(worker, "patches");
            }
        });
        return result;
    }

    /// <summary>Adds to the gradients of the parameters.</summary>
    /// <param name="network">The network; borrowed.</param>
    /// <param name="images">What it took, <c>[B, C, H, W]</c>; borrowed.</param>
    /// <param name="gradient">The gradient with respect to the first tokens, <c>[B, H / patch, W / patch, D]</c>; borrowed.</param>
    /// <returns>Nothing: nobody asks for the gradient of images.</returns>
    public Tensor? Backward(SwinBackbone network, Tensor images, Tensor gradient)
    {
        using var fitted = Fit(images);
        using var dense = gradient.contiguous();
        var (pixels, output, all) = (NativeRegion.Of(fitted), NativeRegion.Of(dense), (int)(images.size(0) * _patches.Tokens));
        var weights = new Weights(network);
        var projection = new LayerGradients(network.Patches.proj.weight, network.Patches.proj.bias);
        var norm = network.Patches.norm is { } layer ? new LayerGradients(layer.weight!, layer.bias, zero: true) : default;
        var positions = network.absolute_pos_embed is { } table ? LayerGradients.Of(table, zero: true).Memory : default;
        Reserve();
        _work.Run(worker =>
        {
            Pack(worker, weights);
            if (!positions.IsNone)
            {
                AddPositions(worker, output, all, positions);
                _work.Meet(worker, "backward: patches");
            }

            for (var first = 0; first < all; first += RowsTogether)
            {
                var rows = Math.Min(RowsTogether, all - first);
                var behind = output.From(first, _channels);
                if (weights.Norm is { } factors)
                {
                    Project(worker, pixels, first, rows, _work.Hidden, default);
                    _work.BackThroughNorm(
                        worker, _work.Hidden, factors.Weight.Floats, behind, addTo: default, _work.Gradient, _channels,
                        new(null, rows, 0), rows, norm);
                    behind = _work.Gradient;
                }
                else
                {
                    Gather(worker, pixels, first, rows);
                }

                _work.AddWeightGradient(
                    worker, behind, _channels, new InputRows(_work.Qkv, _patches.Depth, rows, bf16: false), _patches.Depth, rows, projection,
                    first > 0);
            }
        });
        return null;
    }

    public void Dispose()
    {
        _projection.Dispose();
        _norm.Dispose();
    }

    private int RowsTogether => Math.Max(StepWork.RowsOfPiece, StepWork.BatchSize / Math.Max(_channels, _patches.Depth));

    /// <summary>Dense images of the network's channels; the caller owns them.</summary>
    private Tensor Fit(Tensor images)
    {
        using var fitted = InputChannels.Fit(images, _configuration.InputChannels);
        return fitted.contiguous();
    }

    private void Reserve()
    {
        long rows = RowsTogether + StepWork.SlackRows;
        _work.Qkv.Reserve(rows * _patches.Depth * sizeof(float));
        _work.Hidden.Reserve(rows * _channels * sizeof(float));
        _work.Gradient.Reserve(rows * _channels * sizeof(float));
        _work.ReserveGradients(rows, _channels, _channels, bf16: false);
        _work.ReserveScratch(0);
    }

    private void Pack(WorkerTeam.Worker worker, Weights weights)
    {
        if (worker.Index == 0 && weights.Norm is { } norm) _norm.Set(norm.Weight.Floats, norm.Bias.Floats);
        _projection.Pack(worker, weights.Projection.Weight.Floats, weights.Projection.Bias.Floats);
        _work.Meet(worker, "packing");
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Gather(WorkerTeam.Worker worker, NativeRegion pixels, int first, int rows)
    {
        Debug.Assert(_work.Qkv.Holds(rows, _patches.Depth), "There is room for the patches.");
        for (var piece = worker.Next(); piece * StepWork.RowsOfPiece < rows; piece = worker.Next())
        {
            for (var r = piece * StepWork.RowsOfPiece; r < Math.Min(rows, (piece + 1) * StepWork.RowsOfPiece); r++)
                _patches.Gather(pixels, first + r, _work.Qkv.Floats + ((nint)r * _patches.Depth));
        }

        _work.Meet(worker, "patches");
    }

    private void Project(WorkerTeam.Worker worker, NativeRegion pixels, int first, int rows, NativeRegion tokens, TokenOrder order)
    {
        Gather(worker, pixels, first, rows);
        new LinearLayer(
            _projection, Finish.Bias, _work.Qkv, _patches.Depth, rows, tokens, _channels, outputIsBf16: false, order)
            .Run(worker, _work.ScratchOf(worker));
        _work.Meet(worker, "patches", 2.0 * rows * _patches.Depth * _channels);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Complete(Weights weights, NativeRegion tokens, int first, int piece, int rows)
    {
        Debug.Assert(tokens.Holds((long)first + rows, _channels), "The tokens are whole.");
        Debug.Assert(weights.Positions.IsNone || weights.Positions.Holds(_patches.Tokens, _channels), "So are the positions.");
        for (var r = piece * StepWork.RowsOfPiece; r < Math.Min(rows, (piece + 1) * StepWork.RowsOfPiece); r++)
        {
            var token = tokens.Floats + ((nint)(first + r) * _channels);
            if (weights.Norm is not null) _norm.Row(token, token, outputIsBf16: false);
            if (!weights.Positions.IsNone)
                Elementwise.Add(token, weights.Positions.Floats + ((nint)((first + r) % _patches.Tokens) * _channels), _channels);
        }
    }

    /// <summary>This thread's share of adding up the gradients of positions, image by image.</summary>
    private void AddPositions(WorkerTeam.Worker worker, NativeRegion gradient, int all, NativeRegion positions)
    {
        Debug.Assert(gradient.Holds(all, _channels) && positions.Holds(_patches.Tokens, _channels), "Both are whole.");
        for (var position = worker.Next(); position < _patches.Tokens; position = worker.Next())
        {
            for (nint token = position; token < all; token += _patches.Tokens)
                Elementwise.Add(positions.Floats + ((nint)position * _channels), gradient.Floats + (token * _channels), _channels);
        }
    }

    /// <summary>The parameters, which the network keeps alive.</summary>
    private sealed class Weights(SwinBackbone network)
    {
        public LayerWeights Projection { get; } = new(network.Patches.proj.weight, network.Patches.proj.bias);

        public LayerWeights? Norm { get; } = network.Patches.norm is { } norm ? new LayerWeights(norm.weight!, norm.bias) : null;

        public NativeRegion Positions { get; } =
            network.absolute_pos_embed is { } positions ? NativeRegion.Of(positions) : default;
    }
}
