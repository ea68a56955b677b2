namespace Ark.Training;

/// <summary>
/// Everything that decides what one accrual step does. The published slips are single switches here; <see cref="Fidelity"/> sets them
/// together.
/// </summary>
internal sealed record AccrualSettings
{
    public required TrainingRecipe Recipe { get; init; }

    public required EmaMode EmaMode { get; init; }

    public required int Epochs { get; init; }

    /// <summary>How often the teacher moves in an epoch: once a pass, or once a step.</summary>
    public required int MovesPerEpoch { get; init; }

    public double TeacherMomentum { get; init; } = 0.9;

    /// <summary>A factor of the published consistency weight.</summary>
    public double ConsistencyScale { get; init; } = 1;

    public required OptimizerSettings Optimizer { get; init; }

    public required LearningRateSchedule LearningRate { get; init; }

    public double? ClipGradient { get; init; }

    /// <summary>Whether the activations within a block are computed again for its gradient, in place of being kept.</summary>
    public bool GradientCheckpointing { get; init; }

    /// <summary>Whether libtorch's operators compute all blocks, for comparison.</summary>
    public bool PlainOperators { get; init; }

    /// <summary>Whether a step draws from all datasets at once.</summary>
    public bool Concurrent { get; init; }

    /// <summary>Published: the schedule's time is the mean validation loss.</summary>
    public bool StepScheduleWithValidationLoss { get; init; }

    /// <summary>Published: in iteration mode each dataset's pass starts one index after the last one's start.</summary>
    public bool AdvanceIndexOncePerDataset { get; init; }

    /// <summary>Published, concurrent: the index begins anew with each epoch.</summary>
    public bool RestartIndexEachPass { get; init; }

    /// <summary>Published (torch 1.13): a head that once had a gradient keeps moving by its momentum while other datasets train.</summary>
    public bool FillGradientsWithZeros { get; init; }

    /// <summary>Published, recipe Ark and the concurrent order: binary cross-entropy on the classes of a multi-class head.</summary>
    public bool BinaryLossOnMultiClass { get; init; }

    /// <summary>Published: the teacher keeps drop path until it is first evaluated.</summary>
    public bool TeacherStartsInTrainingMode { get; init; }

    /// <summary>Published, recipe Ark+: a teacher's momentum that begins below 0.9 makes the consistency weight negative.</summary>
    public bool AllowsNegativeConsistency { get; init; }

    /// <summary>What options ask for.</summary>
    /// <param name="options">The options.</param>
    /// <param name="movesPerEpoch">How often the teacher moves in an epoch.</param>
    public static AccrualSettings Of(TrainingOptions options, int movesPerEpoch) => new AccrualSettings
    {
        Recipe = options.Recipe,
        EmaMode = options.EmaMode,
        Epochs = options.Epochs,
        MovesPerEpoch = movesPerEpoch,
        TeacherMomentum = options.TeacherMomentum,
        ConsistencyScale = options.ConsistencyScale,
        Optimizer = options.CreateOptimizerSettings(),
        LearningRate = options.CreateSchedule(),
        ClipGradient = options.ClipGradient,
        GradientCheckpointing = options.GradientCheckpointing,
        Concurrent = options.TaskOrder == TaskOrder.Concurrent,
    }.With(options.Fidelity);

    /// <summary>The switches of a fidelity.</summary>
    public AccrualSettings With(Fidelity fidelity)
    {
        var published = fidelity == Fidelity.Published;
        return this with
        {
            StepScheduleWithValidationLoss = published,
            AdvanceIndexOncePerDataset = published,
            RestartIndexEachPass = published && Concurrent,
            FillGradientsWithZeros = published,
            BinaryLossOnMultiClass = published && (Recipe == TrainingRecipe.Ark || Concurrent),
            TeacherStartsInTrainingMode = published,
            AllowsNegativeConsistency = published,
            Optimizer = Optimizer with { DecayRelativePositionBias = published },
        };
    }
}
