using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>A block that <see cref="BlockKernels"/> computes.</summary>
/// <param name="network">The backbone, whose drop paths the block draws.</param>
/// <param name="blocks">Computes it.</param>
/// <param name="stage">The number of its stage.</param>
/// <param name="block">The block.</param>
internal sealed class FusedPiece(SwinBackbone network, BlockKernels blocks, int stage, SwinBlock block) : ITrainingPiece
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
        Return();
        return result;
    }

    public void Dispose()
    {
        Return();
        _input?.Dispose();
    }

    private void Return()
    {
        if (_state is not null) blocks.Return(stage, _state);
        _state = null;
    }
}
