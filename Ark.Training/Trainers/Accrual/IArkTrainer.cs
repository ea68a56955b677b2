namespace Ark.Training;

/// <summary>
/// Trains one student and one teacher over several datasets with different label sets. Thread-safe; runs do not share state.
/// </summary>
public interface IArkTrainer
{
    /// <summary>Runs a training run to its end.</summary>
    /// <param name="run">The datasets, the options and where results go.</param>
    /// <param name="progress">Is told what happens; may be called from any thread.</param>
    /// <param name="cancellationToken">Stops the run at the next step; a run directory then holds a checkpoint to resume from.</param>
    /// <returns>The figures at the end.</returns>
    /// <exception cref="ArkInputException">A list, an image, an option or the run directory cannot be used.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    Task<TrainingResult> TrainAsync(
        TrainingRun run, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default);
}
