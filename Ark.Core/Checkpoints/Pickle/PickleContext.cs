namespace Ark;

/// <summary>What the constructors of the allow-list need: a way to refuse, and the sum of what repeating views claim.</summary>
internal sealed class PickleContext(PickleInput input)
{
    private readonly Dictionary<StoredStorage, List<ElementType>> _elements = [];
    private long _repeated;

    public CheckpointException Error(string problem, string? hint = null) => input.Error(problem, hint);

    /// <summary>
    /// Counts a tensor that shows elements more than once, or as another type than the first that a storage was shown as, which reads it
    /// anew; refuses bombs of both kinds.
    /// </summary>
    public void CountRepetition(StoredTensor tensor)
    {
        var excess = Math.Max(0, tensor.ByteCount - tensor.Storage.ByteCount) + OtherElements(tensor);
        if (excess <= 0) return;
        if (excess > PickleLimits.Repetition - _repeated)
            throw Error($"claims a tensor of shape [{string.Join(", ", tensor.Shape)}], {tensor.ByteCount} bytes, from a storage of "
                + $"{tensor.Storage.ByteCount} bytes: its size is out of range");
        _repeated += excess;
    }

    private long OtherElements(StoredTensor tensor)
    {
        if (!_elements.TryGetValue(tensor.Storage, out var known)) _elements.Add(tensor.Storage, known = []);
        if (known.Contains(tensor.Element)) return 0;
        known.Add(tensor.Element);
        // As wide as the widest that an element becomes.
        return known.Count == 1 ? 0 : tensor.Storage.ByteCount / tensor.Element.Size * Math.Max(tensor.Element.Size, sizeof(long));
    }
}
