namespace Ark.Models;

/// <summary>The arithmetic of an <see cref="InferenceEngine"/>.</summary>
public enum InferencePrecision
{
    /// <summary>Single precision throughout: results are those of the model within rounding.</summary>
    Fp32,

    /// <summary>Weights and the factors of matrix products in bfloat16, sums in single precision.</summary>
    Bf16,

    /// <summary>
    /// Weights of the blocks and of patch merging as 8-bit integers with a factor for each output, what they are multiplied by as 8-bit
    /// integers with a range for each token, sums exact. Norms, attention, residual stream, projector and heads in single precision.
    /// </summary>
    Int8,
}
