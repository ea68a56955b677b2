using static TorchSharp.torch;

namespace Ark.Models;

/// <summary>
/// What one pass of an <see cref="InferenceEngine"/> gave; single precision, on the device of the images. Disposing it disposes its
/// tensors.
/// </summary>
public sealed class InferenceResult : IDisposable
{
    /// <summary>
    /// The normalised tokens of the last stage <c>[B, L, NumFeatures]</c>, row by row; <see langword="null"/> where they were not asked
    /// for.
    /// </summary>
    public Tensor? Tokens { get; init; }

    /// <summary>The embedding before the projector <c>[B, NumFeatures]</c>; <see langword="null"/> where it was not asked for.</summary>
    public Tensor? Pooled { get; init; }

    /// <summary>
    /// The embedding after the projector <c>[B, ProjectorFeatures]</c>; <see langword="null"/> where it was not asked for.
    /// </summary>
    public Tensor? Projected { get; init; }

    /// <summary>
    /// The logits of every head <c>[B, Outputs]</c>, in the order of the heads; <see langword="null"/> where they were not asked for.
    /// </summary>
    public IReadOnlyList<Tensor>? Logits { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Tokens?.Dispose();
        Pooled?.Dispose();
        Projected?.Dispose();
        foreach (var logits in Logits ?? []) logits.Dispose();
    }
}
