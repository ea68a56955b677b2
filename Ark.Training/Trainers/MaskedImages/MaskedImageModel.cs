using Ark.Models;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>What masked image modeling trains: a backbone, and beside it what only the training needs.</summary>
internal sealed class MaskedImageModel : nn.Module
{
    internal readonly ArkModel encoder;
    internal readonly Reconstruction reconstruction;

    /// <summary>Takes both, which are disposed with it.</summary>
    public MaskedImageModel(ArkModel encoder, Reconstruction reconstruction)
        : base(nameof(MaskedImageModel))
    {
        (this.encoder, this.reconstruction) = (encoder, reconstruction);
        RegisterComponents();
    }

    /// <summary>
    /// Runs a part of a step forward. The loss of all parts is the sum of theirs.
    /// </summary>
    /// <param name="images"><c>[B, 3, H, W]</c>, normalized; borrowed until the pass is disposed.</param>
    /// <param name="hidden"><c>[B, H / patch, W / patch]</c>, boolean: the patches that are hidden; borrowed as long.</param>
    /// <param name="hiddenPatches">How many patches are hidden in all images of the step.</param>
    /// <param name="blocks">Computes blocks where it can; <see langword="null"/> for libtorch's operators. Borrowed.</param>
    /// <param name="checkpoint">Whether to keep only the inputs of pieces.</param>
    /// <returns>The pass, for the way back, and the loss, a scalar; the caller owns both.</returns>
    public (TrainingPass Pass, Tensor Loss) Run(Tensor images, Tensor hidden, long hiddenPatches, FusedBlocks? blocks, bool checkpoint)
    {
        var pass = new TrainingPass(encoder, images, blocks, checkpoint, mask: reconstruction.MaskOf(hidden));
        using var decoded = reconstruction.Decode(encoder, pass.Tokens);
        return (pass, reconstruction.LossOf(decoded, images, hidden, hiddenPatches));
    }
}
