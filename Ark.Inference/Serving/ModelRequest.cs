using Ark.Models;

namespace Ark.Inference;

/// <summary>One image that waits for its turn in a batch.</summary>
/// <param name="Images">The prepared view, in an array that may be longer.</param>
/// <param name="Outputs">What is asked for: one output.</param>
/// <param name="Asked">When its caller asked, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="CancellationToken">The caller's.</param>
internal sealed record ModelRequest(float[] Images, InferenceOutputs Outputs, long Asked, CancellationToken CancellationToken)
{
    /// <summary>Brings the caller its row. Continuations must not run on the thread that computes.</summary>
    public TaskCompletionSource<float[]> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
