namespace Ark.Models;

/// <summary>
/// What the forward pass of a block keeps for its backward pass. Rows go window by window, with room past the last. Its memory is used
/// again, from step to step: new memory would have to be given by the system each time.
/// </summary>
internal sealed class BlockState : IDisposable
{
    /// <summary>The tokens that the block took, <c>[B, H, W, C]</c>; whoever runs the block keeps them.</summary>
    public NativeRegion Input { get; set; }

    /// <summary>The tokens between attention and MLP, <c>[B, H, W, C]</c>.</summary>
    public NativeBuffer Middle { get; } = new();

    /// <summary>Queries, scaled, keys and values, <c>[rows, 3 C]</c>.</summary>
    public NativeBuffer Qkv { get; } = new();

    /// <summary>What attention gave, <c>[rows, C]</c>.</summary>
    public NativeBuffer Attended { get; } = new();

    /// <summary>What GELU was applied to, <c>[rows, hidden]</c>.</summary>
    public NativeBuffer Hidden { get; } = new();

    /// <summary>For each image what its branches of attention and MLP were multiplied by; <see langword="null"/> for 1.</summary>
    public float[]? AttentionScales { get; set; }

    /// <inheritdoc cref="AttentionScales"/>
    public float[]? MlpScales { get; set; }

    public void Dispose()
    {
        foreach (var buffer in (ReadOnlySpan<NativeBuffer>)[Middle, Qkv, Attended, Hidden]) buffer.Dispose();
    }
}
