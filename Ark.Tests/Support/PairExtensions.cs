using static TorchSharp.torch;

namespace Ark.Tests;

internal static class PairExtensions
{
    public static void Release(this (Tensor Features, Tensor Logits) pair)
    {
        pair.Features.Dispose();
        pair.Logits.Dispose();
    }
}
