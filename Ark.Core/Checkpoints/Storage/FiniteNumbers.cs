using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Ark;

/// <summary>Looks for numbers that are not finite. A vector at a time: weights are looked through while they are in the cache.</summary>
internal static class FiniteNumbers
{
    /// <summary>Whether elements of a type are all finite; whole numbers are.</summary>
    /// <param name="bytes">The elements.</param>
    /// <param name="type">Their type.</param>
    public static bool Are(ReadOnlySpan<byte> bytes, ScalarType type) => type switch
    {
        // A number is infinite, or none, where all bits of its exponent are set.
        ScalarType.Float32 => Are(MemoryMarshal.Cast<byte, uint>(bytes), 0x7f80_0000u),
        ScalarType.Float64 => Are(MemoryMarshal.Cast<byte, ulong>(bytes), 0x7ff0_0000_0000_0000ul),
        ScalarType.Float16 => Are(MemoryMarshal.Cast<byte, ushort>(bytes), (ushort)0x7c00),
        ScalarType.BFloat16 => Are(MemoryMarshal.Cast<byte, ushort>(bytes), (ushort)0x7f80),
        _ => true,
    };

    /// <summary>What to say of weights with a number that is not finite.</summary>
    /// <param name="path">The file.</param>
    /// <param name="place">The tensor.</param>
    public static CheckpointException Refusal(string path, string place) =>
        new(path, place, "holds a number that is not finite (NaN or infinity)",
            "Such weights answer nothing: take a checkpoint from before the training diverged.");

    // Optimized from the first call: a file is looked through once, before the runtime would find out that this is worth it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Are<T>(ReadOnlySpan<T> values, T exponent)
        where T : unmanaged, IBinaryInteger<T>
    {
        const int together = 4;
        var mask = Vector.Create(exponent);
        var vectors = MemoryMarshal.Cast<T, Vector<T>>(values);
        // The largest exponent of each place; those of one type have no sign, so the largest is the one that has all bits set.
        var (a, b, c, d) = (Vector<T>.Zero, Vector<T>.Zero, Vector<T>.Zero, Vector<T>.Zero);
        var at = 0;
        for (; at <= vectors.Length - together; at += together)
        {
            a = Vector.Max(a, vectors[at] & mask);
            b = Vector.Max(b, vectors[at + 1] & mask);
            c = Vector.Max(c, vectors[at + 2] & mask);
            d = Vector.Max(d, vectors[at + 3] & mask);
        }

        for (; at < vectors.Length; at++) a = Vector.Max(a, vectors[at] & mask);
        if (Vector.EqualsAny(Vector.Max(Vector.Max(a, b), Vector.Max(c, d)), mask)) return false;
        foreach (var value in values[(vectors.Length * Vector<T>.Count)..])
            if ((value & exponent) == exponent) return false;
        return true;
    }
}
