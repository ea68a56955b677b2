namespace Ark.Inference;

/// <summary>What a head says of one label.</summary>
/// <param name="Name">The label.</param>
/// <param name="Probability">0 to 1; of exclusive classes all sum to 1.</param>
public sealed record LabelProbability(string Name, double Probability)
{
    /// <summary>Whether the probability was corrected by a calibration.</summary>
    public bool IsCalibrated { get; init; }
}
