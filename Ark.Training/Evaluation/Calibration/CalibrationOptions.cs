using Ark.Inference;
using Ark.Models;

namespace Ark.Evaluation;

/// <summary>How a calibration is fitted.</summary>
public sealed record CalibrationOptions
{
    /// <summary>How probabilities are corrected.</summary>
    /// <value>The default is <see cref="CalibrationMethod.Temperature"/>.</value>
    public CalibrationMethod Method { get; init; } = CalibrationMethod.Temperature;

    /// <summary>The split that the correction and the thresholds are fitted on.</summary>
    /// <value>The default is <see cref="DatasetSplit.Validation"/>.</value>
    public DatasetSplit FitOn { get; init; } = DatasetSplit.Validation;

    /// <summary>The split that the calibration errors are measured on; another than <see cref="FitOn"/>.</summary>
    /// <value>The default is <see cref="DatasetSplit.Test"/>.</value>
    public DatasetSplit MeasureOn { get; init; } = DatasetSplit.Test;

    /// <summary>Sensitivities, 0 to 1, for which a threshold is chosen.</summary>
    /// <value>The default is none.</value>
    public IReadOnlyList<double> Sensitivities { get; init; } = [];

    /// <summary>Specificities, 0 to 1, for which a threshold is chosen.</summary>
    /// <value>The default is none.</value>
    public IReadOnlyList<double> Specificities { get; init; } = [];

    /// <summary>The arithmetic that the model will be used with.</summary>
    /// <value>The default, <see langword="null"/>, is the one that the model was loaded for.</value>
    public InferencePrecision? Precision { get; init; }

    /// <summary>Images of a batch.</summary>
    /// <value>The default is 32.</value>
    public int BatchSize { get; init; } = 32;

    /// <summary>Threads that prepare images.</summary>
    /// <value>The default is 2.</value>
    public int Workers { get; init; } = 2;
}
