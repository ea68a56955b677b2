using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// The patches of a batch that a network shall not see: a learned token stands in the place of their embeddings, before positions are added
/// (Xie et al., "SimMIM: a Simple Framework for Masked Image Modeling", CVPR 2022).
/// </summary>
/// <param name="Token"><c>[1, 1, D]</c>; borrowed.</param>
/// <param name="Hidden"><c>[B, H / patch, W / patch]</c>, boolean: which patches; borrowed.</param>
internal sealed record PatchMask(Tensor Token, Tensor Hidden)
{
    /// <summary>The tokens with the hidden ones replaced.</summary>
    /// <param name="tokens"><c>[B, H / patch, W / patch, D]</c>; borrowed.</param>
    /// <returns>The same shape; the caller owns it.</returns>
    public Tensor Hide(Tensor tokens)
    {
        using var hidden = Hidden.unsqueeze(-1);
        return where(hidden, Token, tokens);
    }
}
