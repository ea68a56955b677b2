using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// One pass of a batch forward and back through a backbone, piece by piece: the graph of libtorch reaches from the outputs of the stages to
/// the loss, and through single pieces. Blocks that <see cref="FusedBlocks"/> covers are computed by it. With checkpoints only the input of
/// each piece is kept, and the piece is computed again when its gradient is due: the same gradients from far less memory, for a third more
/// time.
/// </summary>
internal sealed class TrainingPass : IDisposable
{
    private readonly SwinBackbone _network;
    private readonly List<ITrainingPiece> _pieces = [];
    private readonly List<(int Pieces, Tensor Tokens)> _outputs = [];

    /// <summary>Runs the backbone forward.</summary>
    /// <param name="network">The backbone; borrowed.</param>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c>, normalized; borrowed until the pass is disposed.</param>
    /// <param name="blocks">Computes blocks where it can; <see langword="null"/> for libtorch's operators. Borrowed.</param>
    /// <param name="checkpoint">Whether to keep only the inputs of pieces.</param>
    /// <param name="eachStage">Whether the stages before the last have outputs, too.</param>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public TrainingPass(SwinBackbone network, Tensor images, FusedBlocks? blocks, bool checkpoint, bool eachStage = false)
    {
        _network = network;
        network.RequireImages(images);
        var fused = blocks?.Covers(network) == true && FusedBlocks.Learns(network) ? blocks : null;
        var tokens = Add(new PlainPiece(network, network.Embed, isFirst: true), images, checkpoint);
        for (var i = 0; i < network.Stages.Count; i++)
        {
            var stage = network.Stages[i];
            foreach (var block in stage.blocks)
                tokens = Add(
                    fused is null ? new PlainPiece(network, block.call) : new FusedPiece(network, fused, i, block), tokens, checkpoint);
            if (stage.downsample is { } merging) tokens = Add(new PlainPiece(network, merging.forward), tokens, checkpoint);
            if (eachStage || i == network.Stages.Count - 1) _outputs.Add((_pieces.Count, Leaf(tokens)));
        }

        tokens.Dispose();
    }

    /// <summary>The tokens of the last stage, <c>[B, H, W, C]</c>; the pass owns them.</summary>
    public Tensor Tokens => _outputs[^1].Tokens;

    /// <summary>The output of each stage after its patch merging, <c>[B, H, W, C]</c>; the pass owns them.</summary>
    public IReadOnlyList<Tensor> StageOutputs => [.. _outputs.Select(o => o.Tokens)];

    /// <summary>Adds the gradient of a loss to those of the parameters. Once a pass.</summary>
    /// <param name="loss">A scalar that was computed from the outputs; borrowed.</param>
    public void Backward(Tensor loss)
    {
        loss.backward();
        var after = _network.DropPathStream;
        Tensor? gradient = null;
        for (var i = _pieces.Count - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            foreach (var (_, tokens) in _outputs.Where(o => o.Pieces == i + 1))
            {
                if (tokens.grad is { } own) gradient = gradient is null ? own : gradient.Plus(own);
            }

            // Nothing after this piece asked for it.
            if (gradient is null) continue;
            using var incoming = gradient;
            gradient = _pieces[i].Backward(incoming)?.DetachFromDisposeScope();
        }

        gradient?.Dispose();
        _network.DropPathStream = after;
    }

    public void Dispose()
    {
        foreach (var piece in _pieces) piece.Dispose();
        foreach (var (_, tokens) in _outputs) tokens.Dispose();
    }

    private static Tensor Leaf(Tensor tokens)
    {
        var leaf = tokens.detach().DetachFromDisposeScope();
        leaf.requires_grad = true;
        return leaf;
    }

    private Tensor Add(ITrainingPiece piece, Tensor input, bool checkpoint)
    {
        _pieces.Add(piece);
        using var scope = NewDisposeScope();
        return piece.Forward(input, checkpoint).DetachFromDisposeScope();
    }
}
