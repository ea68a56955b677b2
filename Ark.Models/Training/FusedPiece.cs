using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>A block that <see cref="FusedBlocks"/> computes.</summary>
/// <param name="network">The backbone, whose drop paths the block draws.</param>
/// <param name="blocks">Computes it.</param>
/// <param name="stage">The number of its stage.</param>
/// <param name="block">The block.</param>
internal sealed class FusedPiece(SwinBackbone network, FusedBlocks blocks, int stage, SwinBlock block) : ITrainingPiece
{
    private RandomStream? _stream;
    private Tensor? _input;
    private BlockState? _state;

    public Tensor Forward(Tensor input, bool checkpoint)
    {
        _input = input.contiguous().DetachFromDisposeScope();
        if (!ReferenceEquals(_input, input)) input.Dispose();
        if (checkpoint) _stream = network.DropPathStream.Fork();
        (var output, _state) = blocks.Forward(stage, block, _input, keep: !checkpoint);
        return output;
    }

    public Tensor Backward(Tensor gradient)
    {
        if (_state is null)
        {
            // The block draws the same numbers as in the forward pass.
            network.DropPathStream = _stream!;
            (var output, _state) = blocks.Forward(stage, block, _input!, keep: true);
            output.Dispose();
        }

        var result = blocks.Backward(stage, block, _state!, gradient);
        _state!.Dispose();
        return result;
    }

    public void Dispose()
    {
        _state?.Dispose();
        _input?.Dispose();
    }
}
