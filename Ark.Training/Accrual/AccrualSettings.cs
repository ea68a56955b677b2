namespace Ark.Training;

/// <summary>Everything that decides what one accrual step does. The published slips are single switches here; <see cref="Fidelity"/> sets them together.</summary>
internal sealed record AccrualSettings
{
    public required TrainingRecipe Recipe { get; init; }

    public required EmaMode EmaMode { get; init; }

    public required int Epochs { get; init; }

    /// <summary>Optimiser steps of one pass over each dataset.</summary>
    public required IReadOnlyList<int> StepsPerPass { get; init; }

    public double TeacherMomentum { get; init; } = 0.9;

    public required OptimizerSettings Optimizer { get; init; }

    public required LearningRateSchedule LearningRate { get; init; }

    public double? ClipGradient { get; init; }

    /// <summary>Published: the schedule's time is the mean validation loss.</summary>
    public bool StepScheduleWithValidationLoss { get; init; }

    /// <summary>Published: in iteration mode each dataset's pass starts one index after the last one's start.</summary>
    public bool AdvanceIndexOncePerDataset { get; init; }

    /// <summary>Published (torch 1.13): a head that once had a gradient keeps moving by its momentum while other datasets train.</summary>
    public bool FillGradientsWithZeros { get; init; }

    /// <summary>Published, recipe Ark: binary cross-entropy on the classes of a multi-class head.</summary>
    public bool BinaryLossOnMultiClass { get; init; }

    /// <summary>Published: the teacher keeps drop path until it is first evaluated.</summary>
    public bool TeacherStartsInTrainingMode { get; init; }

    /// <summary>The switches of a fidelity.</summary>
    public AccrualSettings With(Fidelity fidelity)
    {
        var published = fidelity == Fidelity.Published;
        return this with
        {
            StepScheduleWithValidationLoss = published,
            AdvanceIndexOncePerDataset = published,
            FillGradientsWithZeros = published,
            BinaryLossOnMultiClass = published && Recipe == TrainingRecipe.Ark,
            TeacherStartsInTrainingMode = published,
            Optimizer = Optimizer with { DecayRelativePositionBias = published },
        };
    }
}
