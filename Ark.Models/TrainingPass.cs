using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// One pass of a batch forth and back through a network. With checkpoints only the input of each block is kept, and the block is computed again when its gradient is due:
/// the same gradients from far less memory, for a third more time.
/// </summary>
internal sealed class TrainingPass : IDisposable
{
    private readonly ArkModel _network;
    private readonly List<Kept> _kept = [];
    private readonly Tensor? _border;

    public TrainingPass(ArkModel network, Tensor images, bool checkpoint)
    {
        _network = network;
        if (!checkpoint)
        {
            Features = network.Features(images).DetachFromDisposeScope();
            return;
        }

        network.RequireImages(images);
        _border = Forth(images);
        Features = network.FeaturesOf(_border).DetachFromDisposeScope();
    }

    /// <summary>What the heads take, <c>[B, FeatureCount]</c>; the pass owns it.</summary>
    public Tensor Features { get; }

    /// <summary>Adds the gradient of a loss to those of the parameters. Once a pass.</summary>
    /// <param name="loss">A scalar that was computed from <see cref="Features"/>; borrowed.</param>
    public void Backward(Tensor loss)
    {
        loss.backward();
        if (_border is null) return;
        var after = _network.DropPathStream;
        var gradient = _border.grad!.DetachFromDisposeScope();
        for (var i = _kept.Count - 1; i >= 0; i--)
        {
            using var scope = NewDisposeScope();
            using var incoming = gradient;
            var input = _kept[i].Input.detach();
            input.requires_grad = i > 0;
            // The block draws the same numbers as it did forth.
            _network.DropPathStream = _kept[i].Stream;
            _kept[i].Segment(input).backward([incoming]);
            if (i > 0) gradient = input.grad!.DetachFromDisposeScope();
        }

        _network.DropPathStream = after;
    }

    public void Dispose()
    {
        Features.Dispose();
        _border?.Dispose();
        foreach (var kept in _kept.Skip(1)) kept.Input.Dispose();
    }

    private Tensor Forth(Tensor images)
    {
        using var noGradient = no_grad();
        var tokens = images;
        foreach (var segment in _network.Segments)
        {
            _kept.Add(new Kept(segment, tokens, _network.DropPathStream.Fork()));
            tokens = segment(tokens).DetachFromDisposeScope();
        }

        tokens.requires_grad = true;
        return tokens;
    }

    private sealed record Kept(Func<Tensor, Tensor> Segment, Tensor Input, RandomStream Stream);
}
