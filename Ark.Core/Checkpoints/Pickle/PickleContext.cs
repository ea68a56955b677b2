using System.Numerics;

namespace Ark;

/// <summary>What the constructors of the allow-list need: a way to refuse, and the sum of what was taken and done so far.</summary>
internal sealed class PickleContext(PickleInput input)
{
    private readonly Dictionary<StoredStorage, List<ElementType>> _elements = [];
    private long _repeated;
    private long _memory;

    /// <summary>Steps of work so far, beside one for each opcode.</summary>
    public long Steps { get; private set; }

    public CheckpointException Error(string problem, string? hint = null) => input.Error(problem, hint);

    /// <summary>Counts what values take, so that a small file cannot ask for much memory.</summary>
    public void Charge(long bytes)
    {
        _memory += bytes;
        if (_memory > PickleLimits.Memory)
            throw Error($"builds too many values for a checkpoint; the limit is {PickleLimits.Memory >> 20} MB of them");
    }

    /// <summary>Counts work that an opcode causes beyond itself, so that it stays linear in the file.</summary>
    public void CountSteps(long steps)
    {
        Steps += steps;
        if (Steps > PickleLimits.FreeSteps + (PickleLimits.StepsPerByte * input.Position))
            throw Error($"asks for too much work for its length; the limit is {PickleLimits.StepsPerByte} steps a byte");
    }

    /// <summary>Counts the work of looking a key up: the same long text can be a key again and again.</summary>
    public void CountKey(object? key) => CountSteps(key switch
    {
        string text => text.Length,
        BigInteger number => number.GetByteCount(),
        PickleTuple { Count: <= PickleKeyComparer.MaxTuple } tuple => tuple.Sum(i => i is string text ? text.Length : 1L),
        _ => 1,
    });

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
