using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>A piece that keeps nothing but its input: what it needs on the way back it computes again.</summary>
/// <param name="forward">The output from a dense input, without a graph.</param>
/// <param name="backward">Adds the gradients of the parameters, and gives that of the input.</param>
/// <param name="isFirst">Whether it takes images, which stay the caller's.</param>
internal sealed class RecomputedPiece(Func<Tensor, Tensor> forward, Func<Tensor, Tensor, Tensor?> backward, bool isFirst = false)
    : ITrainingPiece
{
    private Tensor? _input;

    public Tensor Forward(Tensor input, bool checkpoint)
    {
        _input = input.contiguous().DetachFromDisposeScope();
        if (!isFirst && !ReferenceEquals(_input, input)) input.Dispose();
        return forward(_input);
    }

    public Tensor? Backward(Tensor gradient) => backward(_input!, gradient);

    public void Dispose() => _input?.Dispose();
}
