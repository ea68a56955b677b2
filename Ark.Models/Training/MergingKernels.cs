using System.Diagnostics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>The patch merging behind a stage, forward and back.</summary>
/// <remarks>Rests on: <see cref="FusedBlocks.Covers"/>, which looks at every parameter, and tokens that are dense, in single precision, of
/// the stage's shape.</remarks>
internal sealed unsafe class MergingKernels : IDisposable
{
    private readonly bool _isBf16;
    private readonly StepWork _work;
    private readonly JoinedTokens _joining;
    private readonly int _joined;
    private readonly int _outputs;
    private readonly NormLayer _norm;
    private readonly PackedMatrix _reduction;
    private readonly PackedMatrix _back;

    /// <param name="configuration">The shape.</param>
    /// <param name="stage">The number of the stage before.</param>
    /// <param name="bf16">Whether the factors of products are rounded to bfloat16.</param>
    /// <param name="work">What pieces share; borrowed.</param>
    public MergingKernels(SwinConfiguration configuration, int stage, bool bf16, StepWork work)
    {
        (_isBf16, _work) = (bf16, work);
        _joining = JoinedTokens.Of(configuration, stage);
        (_joined, _outputs) = (4 * configuration.ChannelsOf(stage), configuration.ChannelsOf(stage + 1));
        _norm = new NormLayer(_joined);
        _reduction = PackedMatrix.Reserve(_outputs, _joined, bf16);
        _back = PackedMatrix.Reserve(_joined, _outputs, bf16);
    }

    /// <summary>The next stage's tokens, without gradients.</summary>
    /// <param name="merging">The layer; borrowed.</param>
    /// <param name="tokens"><c>[B, H, W, C]</c>; borrowed.</param>
    /// <returns><c>[B, H / 2, W / 2, 2 C]</c>; the caller owns them.</returns>
    public Tensor Forward(PatchMerging merging, Tensor tokens)
    {
        var (input, all) = (NativeRegion.Of(tokens), _joining.Count(tokens));
        var result = empty(tokens.size(0), tokens.size(1) / 2, tokens.size(2) / 2, _outputs);
        var output = NativeRegion.Of(result);
        var (norm, reduction) = (new LayerWeights(merging.norm.weight!, merging.norm.bias), new LayerWeights(merging.reduction.weight!, null));
        Reserve(back: false);
        _work.Run(worker =>
        {
            if (worker.Index == 0) _norm.Set(norm.Weight.Floats, norm.Bias.Floats);
            _reduction.Pack(worker, reduction.Weight.Floats, null);
            _work.Meet(worker, "packing");
            for (var first = 0; first < all; first += RowsTogether)
            {
                var rows = Math.Min(RowsTogether, all - first);
                for (var piece = worker.Next(); piece * StepWork.RowsOfPiece < rows; piece = worker.Next())
                    Normalize(worker, input, first, piece, rows);
                _work.Meet(worker, "norms and gathering");
                new LinearLayer(
                    _reduction, Finish.Bias, _work.Normed, _joined, rows, output, _outputs, outputIsBf16: false, new(null, all, first))
                    .Run(worker, _work.ScratchOf(worker));
                _work.Meet(worker, "forward: merging", 2.0 * rows * _joined * _outputs);
            }
        });
        return result;
    }

    /// <summary>Adds to the gradients of the parameters.</summary>
    /// <param name="merging">The layer; borrowed.</param>
    /// <param name="tokens">What it took, <c>[B, H, W, C]</c>; borrowed.</param>
    /// <param name="gradient">The gradient with respect to what it gave, <c>[B, H / 2, W / 2, 2 C]</c>; borrowed.</param>
    /// <returns>The gradient with respect to the tokens; the caller owns it.</returns>
    public Tensor Backward(PatchMerging merging, Tensor tokens, Tensor gradient)
    {
        using var dense = gradient.contiguous();
        var (input, output, all) = (NativeRegion.Of(tokens), NativeRegion.Of(dense), _joining.Count(tokens));
        var result = empty_like(tokens);
        var inputGradient = NativeRegion.Of(result);
        var (norm, reduction) = (new LayerWeights(merging.norm.weight!, merging.norm.bias), new LayerWeights(merging.reduction.weight!, null));
        var normGradient = new LayerGradients(merging.norm.weight!, merging.norm.bias, zero: true);
        var reductionGradient = new LayerGradients(merging.reduction.weight!, null);
        Reserve(back: true);
        _work.Run(worker =>
        {
            if (worker.Index == 0) _norm.Set(norm.Weight.Floats, norm.Bias.Floats);
            _back.PackForGradient(worker, reduction.Weight.Floats);
            _work.Meet(worker, "packing");
            for (var first = 0; first < all; first += RowsTogether)
            {
                var rows = Math.Min(RowsTogether, all - first);
                var normed = new InputRows(_work.Normed, _joined, rows, _isBf16);
                for (var piece = worker.Next(); piece * StepWork.RowsOfPiece < normed.Depth; piece = worker.Next())
                    BeginBack(worker, input, output, normed, first, piece, rows);
                _work.Meet(worker, "backward: norms, gathering");
                _work.AddWeightGradient(worker, _work.Gradient, _outputs, normed, _joined, rows, reductionGradient, first > 0);
                _work.Multiply(worker, _back, _work.Gradient, _outputs, rows, _work.Wide, _joined);
                _work.BackThroughNorm(
                    worker, _work.Hidden, norm.Weight.Floats, _work.Wide, addTo: default, _work.Wide, _joined, new(null, rows, 0), rows,
                    normGradient);
                for (var piece = worker.Next(); piece * StepWork.RowsOfPiece < rows; piece = worker.Next())
                {
                    for (var r = piece * StepWork.RowsOfPiece; r < Math.Min(rows, (piece + 1) * StepWork.RowsOfPiece); r++)
                        _joining.Scatter(_work.Wide.Floats + ((nint)r * _joined), first + r, inputGradient);
                }

                _work.Meet(worker, "backward: norms, gathering");
            }
        });
        return result;
    }

    public void Dispose()
    {
        _norm.Dispose();
        _reduction.Dispose();
        _back.Dispose();
    }

    private int RowsTogether => Math.Max(StepWork.RowsOfPiece, StepWork.BatchSize / _joined);

    private int ElementSize => _isBf16 ? sizeof(ushort) : sizeof(float);

    private void Reserve(bool back)
    {
        long rows = RowsTogether + StepWork.SlackRows;
        _work.Normed.Reserve(rows * _joined * sizeof(float));
        _work.ReserveScratch(2 * _joined);
        if (!back) return;
        _work.Hidden.Reserve(rows * _joined * sizeof(float));
        _work.Wide.Reserve(rows * _joined * sizeof(float));
        _work.Gradient.Reserve(rows * _outputs * sizeof(float));
        _work.ReserveGradients(rows, _outputs, _joined, _isBf16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalize(WorkerTeam.Worker worker, NativeRegion tokens, int first, int piece, int rows)
    {
        var joined = _work.ScratchOf(worker);
        Debug.Assert(joined.Holds(1, _joined) && _work.Normed.Holds(rows, _joined, ElementSize), "Every row has its place.");
        for (var r = piece * StepWork.RowsOfPiece; r < Math.Min(rows, (piece + 1) * StepWork.RowsOfPiece); r++)
        {
            _joining.Gather(tokens, first + r, joined.Floats);
            _norm.Row(joined.Floats, (byte*)_work.Normed.Pointer + ((nint)r * _joined * ElementSize), _isBf16);
        }
    }

    /// <summary>For the rows of a piece, the tokens that were joined, what their norm gave, and the gradient of the output.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BeginBack(
        WorkerTeam.Worker worker, NativeRegion tokens, NativeRegion output, InputRows normed, int first, int piece, int rows)
    {
        var scratch = _work.ScratchOf(worker);
        Debug.Assert(
            scratch.Holds(2, _joined) && _work.Hidden.Holds(rows, _joined) && _work.Gradient.Holds(rows, _outputs, ElementSize)
            && output.Holds((long)first + rows, _outputs),
            "Every row has its place.");
        for (var r = piece * StepWork.RowsOfPiece; r < Math.Min(normed.Depth, (piece + 1) * StepWork.RowsOfPiece); r++)
        {
            var target = normed.Row(r, scratch.Floats);
            if (r < rows)
            {
                var joined = _work.Hidden.Floats + ((nint)r * _joined);
                _joining.Gather(tokens, first + r, joined);
                _norm.Row(joined, target, outputIsBf16: false);
                Elementwise.Scale(
                    output.Floats + ((nint)(first + r) * _outputs), 1,
                    (byte*)_work.Gradient.Pointer + ((nint)r * _outputs * ElementSize), _outputs, _isBf16);
            }
            else
            {
                new Span<float>(target, _joined).Clear();
            }

            normed.Finish(r, scratch.Floats);
        }
    }
}
