namespace Ark.Models;

/// <summary>One call: what all threads compute with.</summary>
internal sealed class BlockPass
{
    public required StageMatrices Size { get; init; }

    public required BlockAttention Attention { get; init; }

    public required BlockWeights Weights { get; init; }

    public BlockGradients? Gradients { get; init; }

    public required bool Shifted { get; init; }

    public required int Images { get; init; }

    /// <summary>The tokens that go in.</summary>
    public required NativeRegion Input { get; init; }

    /// <summary>The tokens between attention and MLP; where nothing is kept, the output.</summary>
    public required NativeRegion Middle { get; init; }

    /// <summary>The tokens that come out, or the gradient with respect to them.</summary>
    public required NativeRegion Output { get; init; }

    /// <summary>On the way back.</summary>
    public NativeRegion InputGradient { get; init; }

    public required NativeRegion Qkv { get; init; }

    public required NativeRegion Attended { get; init; }

    public required NativeRegion Hidden { get; init; }

    /// <summary>For each image what its branches are multiplied by; <see langword="null"/> for 1.</summary>
    public required float[]? AttentionScales { get; init; }

    /// <inheritdoc cref="AttentionScales"/>
    public required float[]? MlpScales { get; init; }
}
