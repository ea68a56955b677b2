namespace Ark.Training;

/// <summary>One optimizer step that is due. Disposing it gives its images back.</summary>
/// <param name="Number">Which step of the pass, from 0; steps all of whose images were left out have a number too.</param>
/// <param name="Images">How many images it has.</param>
/// <param name="Names">Their names, for messages.</param>
/// <param name="Take">
/// Computes the losses, the task's first, and takes the step: see <see cref="ITrainingTask"/> for what it may throw. It is given the
/// position that the step begins at.
/// </param>
/// <param name="Batch">What holds the images; <see langword="null"/> where nothing must be given back.</param>
internal sealed record TrainingStep(
    int Number,
    int Images,
    Func<IEnumerable<string>> Names,
    Func<TrainingPosition, CancellationToken, IReadOnlyList<double>> Take,
    IDisposable? Batch)
    : IDisposable
{
    public void Dispose() => Batch?.Dispose();
}
