using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// One pass of a batch forward and back through a network. With checkpoints only the input of each block is kept, and the block is computed
/// again when its gradient is due: the same gradients from far less memory, for a third more time.
/// </summary>
internal sealed class TrainingPass : IDisposable
{
    private readonly ArkModel _network;
    private readonly List<Segment> _segments = [];
    private readonly Tensor? _checkpointed;

    public TrainingPass(ArkModel network, Tensor images, bool checkpoint)
    {
        _network = network;
        if (!checkpoint)
        {
            Features = network.Features(images).DetachFromDisposeScope();
            return;
        }

        network.RequireImages(images);
        _checkpointed = CheckpointedForward(images);
        Features = network.FeaturesOf(_checkpointed).DetachFromDisposeScope();
    }

    /// <summary>What the heads take, <c>[B, FeatureCount]</c>; the pass owns it.</summary>
    public Tensor Features { get; }

    /// <summary>Adds the gradient of a loss to those of the parameters. Once a pass.</summary>
    /// <param name="loss">A scalar that was computed from <see cref="Features"/>; borrowed.</param>
    public void Backward(Tensor loss)
    {
        loss.backward();
        if (_checkpointed is null) return;
        var after = _network.DropPathStream;
        var gradient = _checkpointed.grad!.DetachFromDisposeScope();
        for (var i = _segments.Count - 1; i >= 0; i--)
        {
            var segment = _segments[i];
            using var scope = NewDisposeScope();
            using var incoming = gradient;
            var input = segment.Input.detach();
            input.requires_grad = i > 0;
            // The block draws the same numbers as in the forward pass.
            _network.DropPathStream = segment.Stream;
            segment.Forward(input).backward([incoming]);
            if (i > 0) gradient = input.grad!.DetachFromDisposeScope();
        }

        _network.DropPathStream = after;
    }

    public void Dispose()
    {
        Features.Dispose();
        _checkpointed?.Dispose();
        foreach (var segment in _segments.Skip(1)) segment.Input.Dispose();
    }

    private Tensor CheckpointedForward(Tensor images)
    {
        using var noGradient = no_grad();
        var tokens = images;
        foreach (var forward in _network.Segments)
        {
            _segments.Add(new Segment(forward, tokens, _network.DropPathStream.Fork()));
            tokens = forward(tokens).DetachFromDisposeScope();
        }

        tokens.requires_grad = true;
        return tokens;
    }

    private sealed record Segment(Func<Tensor, Tensor> Forward, Tensor Input, RandomStream Stream);
}
