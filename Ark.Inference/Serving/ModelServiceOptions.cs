using Ark.Models;

namespace Ark.Inference;

/// <summary>How requests share batches.</summary>
/// <param name="MaxBatchSize">Images of a batch at most.</param>
/// <param name="MaxBatchDelay">How long a batch that is not full waits for images that are being prepared.</param>
/// <param name="QueueCapacity">Images that may be prepared or wait at once; further callers wait without taking memory.</param>
/// <param name="Precision">The arithmetic.</param>
internal sealed record ModelServiceOptions(
    int MaxBatchSize, TimeSpan MaxBatchDelay, int QueueCapacity, InferencePrecision Precision = InferencePrecision.Fp32);
