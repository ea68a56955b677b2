using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>What the forward pass of a block keeps for its backward pass. Rows go window by window, with room past the last.</summary>
internal sealed class BlockState : IDisposable
{
    /// <summary>The tokens that the block took, <c>[B, H, W, C]</c>; borrowed.</summary>
    public required Tensor Input { get; init; }

    /// <summary>The tokens between attention and MLP, <c>[B, H, W, C]</c>.</summary>
    public required Tensor Middle { get; init; }

    /// <summary>Queries, scaled, keys and values, <c>[rows, 3 C]</c>.</summary>
    public required Tensor Qkv { get; init; }

    /// <summary>What attention gave, <c>[rows, C]</c>.</summary>
    public required Tensor Attended { get; init; }

    /// <summary>What GELU was applied to, <c>[rows, hidden]</c>.</summary>
    public required Tensor Hidden { get; init; }

    /// <summary>For each image what its branches of attention and MLP were multiplied by; <see langword="null"/> for 1.</summary>
    public required float[]? AttentionScales { get; init; }

    /// <inheritdoc cref="AttentionScales"/>
    public required float[]? MlpScales { get; init; }

    public void Dispose()
    {
        foreach (var tensor in (ReadOnlySpan<Tensor>)[Middle, Qkv, Attended, Hidden]) tensor.Dispose();
    }
}
