using System.Text.Json.Nodes;
using Ark.Inference;
using static TorchSharp.torch;

namespace Ark.Training;

/// <summary>
/// What is trained: accrual, fine-tuning or segmentation. It knows networks, data and losses; epochs, passes, checkpoints, guards, records
/// and cancellation are the business of <see cref="TrainingLoop"/>. Lives on one thread.
/// </summary>
internal interface ITrainingTask : IDisposable
{
    /// <summary>What the lines for people begin with; empty, or with blanks at its end.</summary>
    string Prefix { get; }

    /// <summary>The optimizer of what is trained.</summary>
    StudentOptimizer Optimizer { get; }

    /// <summary>
    /// Whether a step that is given up, or refused for its losses, leaves everything as it was before: nothing but the optimizer moves
    /// state.
    /// </summary>
    bool StepsAreAtomic { get; }

    /// <summary>Whether the weights of the epoch with the lowest validation loss are what is tested in the end.</summary>
    bool IsTestedAtItsBest { get; }

    /// <summary>The networks, by their keys in a checkpoint.</summary>
    IReadOnlyList<KeyValuePair<string, nn.Module>> Networks { get; }

    /// <summary>
    /// What a checkpoint says beside networks and position. What it holds of tensors belongs to the dispose scope of the caller.
    /// </summary>
    StateDescription Description { get; }

    /// <summary>The passes of an epoch, in order.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    IReadOnlyList<DatasetPass> Passes(int epoch);

    /// <summary>How many steps a pass has.</summary>
    int StepCount(DatasetPass pass);

    /// <summary>The steps of a pass from a position on. Each is taken, then disposed, before the next one is asked for.</summary>
    /// <remarks>
    /// Taking a step throws <see cref="DivergedException"/> where its losses or its gradient are not finite, and
    /// <see cref="OperationCanceledException"/> where it was given up; in both cases the weights have not moved.
    /// </remarks>
    /// <exception cref="ArkInputException">An image cannot be read.</exception>
    IEnumerable<TrainingStep> Steps(DatasetPass pass, TrainingPosition position, CancellationToken cancellationToken);

    /// <summary>The losses of the pass so far, for people.</summary>
    string DescribeLosses(TrainingPosition position);

    /// <summary>Ends a pass.</summary>
    void EndPass();

    /// <summary>The record of a pass, once it has ended.</summary>
    JsonObject RecordPass(DatasetPass pass, TrainingPosition position);

    /// <summary>Validates. Draws no random numbers and changes no state, so that a run which is stopped here repeats it.</summary>
    /// <param name="position">Where the run stands: all passes of the epoch have ended.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    EpochOutcome Validate(TrainingPosition position, CancellationToken cancellationToken);

    /// <summary>Tests what the epoch came to, where epochs are tested. Draws no random numbers and changes no state either.</summary>
    /// <param name="position">As for <see cref="Validate"/>.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>Lines for the metrics.</returns>
    IReadOnlyList<JsonObject> TestEpoch(TrainingPosition position, CancellationToken cancellationToken);

    /// <summary>Ends an epoch.</summary>
    /// <param name="epoch">Epochs that have ended.</param>
    /// <param name="outcome">What validation came to.</param>
    void EndEpoch(int epoch, EpochOutcome outcome);

    /// <summary>Refuses the checkpoint of another model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">What it says of its model.</param>
    /// <exception cref="ArkInputException">It is of another.</exception>
    void RequireSameModel(string path, CheckpointSection model);

    /// <summary>Adds to a stored position what only this task has to say.</summary>
    void Store(OrderedDictionary<string, object?> position);

    /// <summary>Takes from a stored position what <see cref="Store"/> added. Networks and optimizer have been filled.</summary>
    /// <param name="stored">What is stored.</param>
    /// <param name="position">The position that was read of it.</param>
    /// <returns>The position to go on from.</returns>
    TrainingPosition Restore(CheckpointSection stored, TrainingPosition position);
}
