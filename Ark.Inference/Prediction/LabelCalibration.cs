namespace Ark.Inference;

/// <summary>The correction of one label, and what it came to.</summary>
public sealed record LabelCalibration
{
    /// <summary>The label.</summary>
    public required string Name { get; init; }

    /// <summary>What logits are divided by; 1 leaves them.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>What is added to the divided logit; 0 leaves it, and always is 0 where classes exclude each other.</summary>
    public double Offset { get; init; }

    /// <summary>The knots of the isotonic curve: probabilities before, rising; empty for a temperature.</summary>
    public IReadOnlyList<double> From { get; init; } = [];

    /// <summary>The knots of the isotonic curve: probabilities after, not falling.</summary>
    public IReadOnlyList<double> To { get; init; } = [];

    /// <summary>Positive images that it was fitted on.</summary>
    public int Positives { get; init; }

    /// <summary>Negative images that it was fitted on.</summary>
    public int Negatives { get; init; }

    /// <summary>
    /// Expected calibration error without the correction, on images that were not used for fitting; <see langword="null"/> where there were
    /// none.
    /// </summary>
    public double? EceBefore { get; init; }

    /// <summary>
    /// Expected calibration error with the correction, on images that were not used for fitting; <see langword="null"/> where there were
    /// none.
    /// </summary>
    public double? EceAfter { get; init; }

    /// <summary>
    /// The expected calibration error that the corrected probabilities would have, were they exactly right, on as many images: what chance
    /// alone brings about. An error near it cannot be told from none; <see langword="null"/> where there were no images.
    /// </summary>
    public double? EceByChance { get; init; }

    /// <summary>Thresholds on the corrected probability.</summary>
    public IReadOnlyList<OperatingPoint> OperatingPoints { get; init; } = [];

    /// <summary>The isotonic curve at a probability: straight between knots, level beyond them.</summary>
    internal double Curve(double probability)
    {
        var (low, high) = (0, From.Count - 1);
        if (probability <= From[low]) return To[low];
        if (probability >= From[high]) return To[high];
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (From[middle] <= probability) low = middle;
            else high = middle;
        }

        var span = From[high] - From[low];
        return span <= 0 ? To[high] : To[low] + ((To[high] - To[low]) * (probability - From[low]) / span);
    }
}
