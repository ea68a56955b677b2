using Ark.Evaluation;

namespace Ark.Training;

/// <summary>One trial of a fine-tuning.</summary>
/// <param name="Seed">What its random numbers came from.</param>
/// <param name="Epochs">Passes that were made.</param>
/// <param name="BestEpoch">The pass, from 1, whose weights had the lowest validation loss and were tested.</param>
/// <param name="ValidationLoss">That loss.</param>
/// <param name="Test">The figures on test.</param>
/// <param name="Checkpoint">The file of its weights, where they were kept.</param>
public sealed record FineTuningTrial(
    ulong Seed, int Epochs, int BestEpoch, double ValidationLoss, DatasetEvaluation Test, string? Checkpoint);
