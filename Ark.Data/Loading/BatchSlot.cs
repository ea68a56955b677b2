namespace Ark.Data;

/// <summary>A batch in the making: workers fill its samples in any order, and the last one to finish completes it.</summary>
/// <param name="indices">The samples of the batch.</param>
/// <param name="images">Where their views go.</param>
/// <param name="targets">Where their targets go.</param>
internal sealed class BatchSlot(int[] indices, float[] images, float[] targets)
{
    private readonly Exception?[] _failures = new Exception?[indices.Length];
    private readonly TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open = indices.Length;

    public int[] Indices { get; } = indices;

    public float[] Images { get; } = images;

    public float[] Targets { get; } = targets;

    /// <summary>Completes when every sample is prepared or has failed.</summary>
    public Task Filled => _filled.Task;

    /// <summary>Why a sample failed, or <see langword="null"/>; to be read once the slot is filled.</summary>
    public Exception? FailureAt(int position) => _failures[position];

    public void Finish(int position, Exception? failure)
    {
        _failures[position] = failure;
        // The decrement is a full fence: whoever sees zero sees every sample's buffer and failure.
        if (Interlocked.Decrement(ref _open) == 0) _filled.TrySetResult();
    }
}
