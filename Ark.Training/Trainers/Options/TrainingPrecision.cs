namespace Ark.Training;

/// <summary>In which numbers the backbone computes. Parameters, gradients, optimiser and teacher are kept in float32 either way.</summary>
public enum TrainingPrecision
{
    /// <summary>float32.</summary>
    Fp32,

    /// <summary>bfloat16; pooling, projector, heads and losses stay in float32.</summary>
    Bf16,
}
