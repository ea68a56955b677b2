namespace Ark.Models;

/// <summary>What an <see cref="InferenceEngine"/> is asked for; several are computed from one pass through the backbone.</summary>
[Flags]
public enum InferenceOutputs
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The normalised tokens of the last stage.</summary>
    Tokens = 1,

    /// <summary>Their mean: the embedding before the projector.</summary>
    Pooled = 2,

    /// <summary>The embedding after the projector.</summary>
    Projected = 4,

    /// <summary>The logits of every head.</summary>
    Logits = 8,
}
