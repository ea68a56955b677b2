using System.Numerics;

namespace Ark;

/// <summary>
/// Compares dictionary keys and set members by value. Hashes are seeded by process, so that a file cannot choose keys that collide.
/// </summary>
internal sealed class PickleKeyComparer : IEqualityComparer<object>
{
    /// <summary>Elements of a tuple that is a key.</summary>
    public const int MaxTuple = 64;

    public static PickleKeyComparer Instance { get; } = new();

    private static readonly PickleRecord None = new("NoneType", null);

    /// <summary>
    /// What stands for a value that Python can hash and that is no key here: NumPy's numbers are numbers, and classes, tensors, bytes and
    /// the like are records.
    /// </summary>
    /// <remarks>Of a set it takes a copy, which is counted each time.</remarks>
    public static object? ToKey(PickleContext context, object? value)
    {
        if (value is not PickleSet { IsFrozen: true } set) return ToKey(value);
        context.Charge(set.Count * (long)nint.Size);
        context.CountSteps(set.Count);
        return new PickleRecord("builtins.frozenset", new PickleTuple([.. set]));
    }

    private static object? ToKey(object? value) => value switch
    {
        null => None,
        sbyte or short or int or byte or ushort or uint => Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture),
        ulong number => number <= long.MaxValue ? (object)(long)number : (BigInteger)number,
        float or Half => value is float single ? (double)single : (double)(Half)value,
        Complex number => new PickleRecord("builtins.complex", new PickleTuple(number.Real, number.Imaginary)),
        byte[] bytes => new PickleRecord("builtins.bytes", new PickleTuple((object)bytes)),
        PickleGlobal global => new PickleRecord(global.Name, null),
        StoredTensor => new PickleRecord("torch.Tensor", null),
        _ => value,
    };

    /// <summary>Whether a value may be a key: what Python can hash and real files use.</summary>
    public static bool IsKey(object? value) =>
        value is string or long or BigInteger or bool or double or PickleRecord
            || (value is PickleTuple tuple && tuple.Count <= MaxTuple && tuple.All(IsSimple));

    public new bool Equals(object? x, object? y) => object.Equals(x, y);

    public int GetHashCode(object obj) => obj switch
    {
        long number => OfBits(number),
        double number => OfBits(BitConverter.DoubleToInt64Bits(number)),
        PickleTuple tuple => OfTuple(tuple),
        _ => obj.GetHashCode(),
    };

    // In halves: the hash of a long is the exclusive or of them, which a file can choose.
    private static int OfBits(long bits) => HashCode.Combine((int)bits, (int)(bits >> 32));

    private static bool IsSimple(object? value) => value is null or string or long or BigInteger or bool or double;

    private int OfTuple(PickleTuple tuple)
    {
        var hash = default(HashCode);
        foreach (var item in tuple) hash.Add(item is null ? 0 : GetHashCode(item));
        return hash.ToHashCode();
    }
}
