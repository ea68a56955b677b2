namespace Ark.Training;

/// <summary>What a run is doing.</summary>
public enum TrainingPhase
{
    /// <summary>Reading lists, building the networks.</summary>
    Preparing,

    /// <summary>Training on a dataset.</summary>
    Training,

    /// <summary>Measuring the validation loss of a dataset.</summary>
    Validating,

    /// <summary>Testing student and teacher on a dataset.</summary>
    Testing,

    /// <summary>Fitting the pixel baseline of a dataset.</summary>
    Baseline,

    /// <summary>Done.</summary>
    Finished,
}
