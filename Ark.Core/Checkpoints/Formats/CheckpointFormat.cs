namespace Ark;

/// <summary>The kinds of weight file that can be read.</summary>
public enum CheckpointFormat
{
    /// <summary>What <c>torch.save</c> writes since PyTorch 1.6: a zip archive with a pickle.</summary>
    PyTorchZip,

    /// <summary>What <c>torch.save</c> wrote before: pickles, then bytes.</summary>
    PyTorchLegacy,

    /// <summary>What <c>torch.save</c> wrote in 2016: a tar archive of pickles and bytes.</summary>
    PyTorchTar,

    /// <summary>A JSON index, then bytes.</summary>
    Safetensors,
}
