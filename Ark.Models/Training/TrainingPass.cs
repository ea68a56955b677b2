using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// One pass of a batch forward and back through a backbone, piece by piece: the graph of libtorch reaches from the outputs of the stages to
/// the loss, and through single pieces. What <see cref="FusedBlocks"/> covers is computed by it. With checkpoints only the input of
/// each piece is kept, and the piece is computed again when its gradient is due: the same gradients from far less memory, for a third more
/// time.
/// </summary>
internal sealed class TrainingPass : IDisposable
{
    private readonly SwinBackbone _network;
    private readonly bool _learns;
    private readonly List<ITrainingPiece> _pieces = [];
    private readonly List<(int Pieces, Tensor Tokens)> _outputs = [];

    /// <summary>Runs the backbone forward.</summary>
    /// <param name="network">The backbone; borrowed.</param>
    /// <param name="images"><c>[B, InputChannels, ImageHeight, ImageWidth]</c>, normalized; borrowed until the pass is disposed.</param>
    /// <param name="blocks">Computes blocks where it can; <see langword="null"/> for libtorch's operators. Borrowed.</param>
    /// <param name="checkpoint">Whether to keep only the inputs of pieces.</param>
    /// <param name="outputs">Which outputs the pass has.</param>
    /// <param name="mask">The patches that are hidden; <see langword="null"/> for none. Borrowed until the pass is disposed.</param>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    public TrainingPass(
        SwinBackbone network, Tensor images, FusedBlocks? blocks, bool checkpoint, PassOutputs outputs = PassOutputs.LastStage,
        PatchMask? mask = null)
    {
        _network = network;
        network.RequireImages(images);
        var learning = LearningOf(network);
        _learns = learning != Learning.Nothing;
        var fused = learning != Learning.Some && blocks?.Covers(network) == true ? blocks : null;
        var tokens = Run(FusedBlocks.Embedding(network, images, fused, mask), images, checkpoint);
        for (var i = 0; i < network.Stages.Count; i++)
        {
            foreach (var block in network.Stages[i].blocks) tokens = Run(FusedBlocks.Block(network, i, block, fused), tokens, checkpoint);
            if (outputs == PassOutputs.StagesUnmerged) AddOutput(tokens);
            var merging = FusedBlocks.Merging(network, i, fused);
            if (merging is not null) tokens = Run(merging, tokens, checkpoint);
            if (outputs == PassOutputs.Stages || (outputs == PassOutputs.LastStage && merging is null)) AddOutput(tokens);
        }

        tokens.Dispose();
    }

    /// <summary>The tokens of the last stage, <c>[B, H, W, C]</c>; the pass owns them.</summary>
    public Tensor Tokens => _outputs[^1].Tokens;

    /// <summary>What was asked for, <c>[B, H, W, C]</c> each; the pass owns them.</summary>
    public IReadOnlyList<Tensor> Outputs => [.. _outputs.Select(o => o.Tokens)];

    /// <summary>Adds the gradient of a loss to those of the parameters. Once a pass.</summary>
    /// <param name="loss">A scalar that was computed from the outputs; borrowed.</param>
    public void Backward(Tensor loss)
    {
        loss.backward();
        if (!_learns) return;
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

    private static Learning LearningOf(SwinBackbone network)
    {
        var parameters = network.Patches.parameters().Concat(network.Stages.SelectMany(s => s.parameters()));
        if (network.absolute_pos_embed is { } positions) parameters = parameters.Append(positions);
        var (learning, all) = (0, 0);
        foreach (var parameter in parameters)
        {
            all++;
            if (parameter.requires_grad) learning++;
        }

        return learning == 0 ? Learning.Nothing : learning == all ? Learning.All : Learning.Some;
    }

    private void AddOutput(Tensor tokens)
    {
        var output = tokens.detach().DetachFromDisposeScope();
        output.requires_grad = _learns;
        _outputs.Add((_pieces.Count, output));
    }

    private Tensor Run(ITrainingPiece piece, Tensor input, bool checkpoint)
    {
        using var scope = NewDisposeScope();
        var output = piece.Forward(input, checkpoint || !_learns).DetachFromDisposeScope();
        // Nothing of a backbone that learns nothing is needed on the way back.
        if (_learns) _pieces.Add(piece);
        else piece.Dispose();
        return output;
    }
}
