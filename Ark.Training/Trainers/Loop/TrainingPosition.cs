namespace Ark.Training;

/// <summary>
/// Where in a run its state stands: between two optimizer steps. A checkpoint carries it, so that a resumed run goes on with the next step.
/// It is never changed but replaced, so that it cannot be half moved when a run is stopped.
/// </summary>
internal sealed record TrainingPosition
{
    /// <summary>Finished epochs.</summary>
    public int Epoch { get; init; }

    /// <summary>The current pass of the epoch, mostly one over one dataset; the number of passes where all are done.</summary>
    public int Pass { get; init; }

    /// <summary>Finished steps of the current pass.</summary>
    public int Step { get; init; }

    /// <summary>Images of the current pass that were trained on.</summary>
    public int Images { get; init; }

    /// <summary>Sums of the losses over those images, the task's first; empty before the first step.</summary>
    public IReadOnlyList<double> LossSums { get; init; } = [];

    /// <summary>Optimizer steps since the run began.</summary>
    public long TotalSteps { get; init; }

    /// <summary>The lowest validation loss so far.</summary>
    public double BestLoss { get; init; } = double.PositiveInfinity;

    /// <summary>The epoch of that loss, from 1; 0 before the first.</summary>
    public int BestEpoch { get; init; }

    /// <summary>Validation loss of each dataset after the last finished epoch.</summary>
    public IReadOnlyList<double> ValidationLosses { get; init; } = [];

    /// <summary>Length of the metrics file, in bytes.</summary>
    public long MetricsLength { get; init; }

    /// <summary>A loss of the current pass so far, averaged over its images; 0 before the first.</summary>
    public double MeanLoss(int index) => index < LossSums.Count ? LossSums[index] / Math.Max(1, Images) : 0;

    /// <summary>The position behind a step.</summary>
    /// <param name="steps">Finished steps of the pass.</param>
    /// <param name="images">Images of the step.</param>
    /// <param name="losses">Its losses, each a mean over those images.</param>
    public TrainingPosition AfterStep(int steps, int images, IReadOnlyList<double> losses) => this with
    {
        Step = steps,
        TotalSteps = TotalSteps + 1,
        Images = Images + images,
        LossSums = [.. losses.Select((loss, i) => (i < LossSums.Count ? LossSums[i] : 0) + (loss * images))],
    };

    /// <summary>The position at the beginning of the next pass.</summary>
    public TrainingPosition AfterPass() => this with { Pass = Pass + 1, Step = 0, Images = 0, LossSums = [] };

    /// <summary>The position at the beginning of the next epoch.</summary>
    /// <param name="outcome">What validation came to.</param>
    public TrainingPosition AfterEpoch(EpochOutcome outcome)
    {
        var best = outcome.SelectionLoss < BestLoss;
        return this with
        {
            Epoch = Epoch + 1,
            Pass = 0,
            ValidationLosses = outcome.Losses,
            BestLoss = best ? outcome.SelectionLoss : BestLoss,
            BestEpoch = best ? Epoch + 1 : BestEpoch,
        };
    }
}
