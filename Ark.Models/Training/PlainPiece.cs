using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>A piece that libtorch differentiates.</summary>
/// <param name="network">The backbone, whose drop paths the piece may draw.</param>
/// <param name="forward">Computes the piece.</param>
/// <param name="isFirst">Whether it takes images, of which nobody asks a gradient.</param>
internal sealed class PlainPiece(SwinBackbone network, Func<Tensor, Tensor> forward, bool isFirst = false) : ITrainingPiece
{
    private RandomStream? _stream;
    private Tensor? _input;
    private Tensor? _output;

    public Tensor Forward(Tensor input, bool checkpoint)
    {
        _input = input;
        if (checkpoint)
        {
            _stream = network.DropPathStream.Fork();
            using var noGradient = no_grad();
            return forward(input);
        }

        Run();
        return _output!.detach();
    }

    public Tensor? Backward(Tensor gradient)
    {
        if (_output is null)
        {
            // The piece draws the same numbers as in the forward pass.
            network.DropPathStream = _stream!;
            Run();
        }

        if (_output!.requires_grad) _output.backward([gradient]);
        _output.Dispose();
        return isFirst ? null : _input!.grad;
    }

    public void Dispose()
    {
        _output?.Dispose();
        if (!isFirst) _input?.Dispose();
    }

    private void Run()
    {
        if (!isFirst) _input!.requires_grad = true;
        using var scope = NewDisposeScope();
        _output = forward(_input!).DetachFromDisposeScope();
    }
}
