namespace Ark.Inference;

/// <summary>Which features of the network an embedding is.</summary>
public enum EmbeddingKind
{
    /// <summary>The backbone's tokens after the last norm, averaged: 1024 numbers for Ark-6. What most published comparisons use.</summary>
    Pooled,

    /// <summary>Behind the projector, which the heads read: 1376 numbers for Ark-6.</summary>
    Projected,

    /// <summary>Every token of the last stage, row by row: 49 times 1024 numbers for Ark-6.</summary>
    Tokens,
}
