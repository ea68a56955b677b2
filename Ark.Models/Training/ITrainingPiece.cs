using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>A piece of a backbone on its way forward and back. Owns its input, but for the first piece.</summary>
internal interface ITrainingPiece : IDisposable
{
    /// <summary>Computes the piece, and keeps what the way back needs.</summary>
    /// <param name="input">What the piece takes; it is the piece's from here on.</param>
    /// <param name="checkpoint">Whether to keep only the input.</param>
    /// <returns>The output, without a graph; the caller owns it.</returns>
    Tensor Forward(Tensor input, bool checkpoint);

    /// <summary>Adds the gradients of the parameters, and gives that of the input. Once.</summary>
    /// <param name="gradient">The gradient with respect to the output; borrowed.</param>
    /// <returns>The gradient with respect to the input, which the caller owns; <see langword="null"/> for the first piece.</returns>
    Tensor? Backward(Tensor gradient);
}
