namespace Ark.Inference;

/// <summary>How probabilities are corrected.</summary>
public enum CalibrationMethod
{
    /// <summary>
    /// Logits are divided by a number and, where the data ask for it, shifted: one pair of each label, or one number of the whole head
    /// where classes exclude each other. The order of images stays.
    /// </summary>
    Temperature,

    /// <summary>
    /// A rising step curve from probability to frequency (isotonic regression), one of each label. It needs more images than a temperature.
    /// </summary>
    Isotonic,
}
