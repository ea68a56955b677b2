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

    /// <summary>Whether a value may be a key: what Python can hash and real files use.</summary>
    public static bool IsKey(object? value) =>
        value is string or long or BigInteger or bool or double
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
