namespace Ark.Models;

/// <summary>The arithmetic of an <see cref="InferenceEngine"/>.</summary>
public enum InferencePrecision
{
    /// <summary>Single precision throughout: results are those of the model within rounding.</summary>
    Fp32,

    /// <summary>Weights and the factors of matrix products in bfloat16, sums in single precision.</summary>
    Bf16,
}
