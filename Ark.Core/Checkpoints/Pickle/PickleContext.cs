namespace Ark;

/// <summary>What the constructors of the allow-list need: a way to refuse, and the sum of what repeating views claim.</summary>
internal sealed class PickleContext(PickleInput input)
{
    private long _repeated;

    public CheckpointException Refuse(string problem, string? mend = null) => input.Refuse(problem, mend);

    /// <summary>Counts a tensor that shows elements more than once; refuses broadcast bombs.</summary>
    public void CountRepetition(StoredTensor tensor)
    {
        var excess = tensor.ByteCount - tensor.Storage.ByteCount;
        if (excess <= 0) return;
        if (excess > PickleLimits.Repetition - _repeated)
            throw Refuse($"claims a tensor of shape [{string.Join(", ", tensor.Shape)}], {tensor.ByteCount} bytes, from a storage of {tensor.Storage.ByteCount} bytes: its size is out of range");
        _repeated += excess;
    }
}
