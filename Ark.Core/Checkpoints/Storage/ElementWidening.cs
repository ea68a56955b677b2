using System.Diagnostics;
using static TorchSharp.torch;

namespace Ark;

/// <summary>Converts elements of types that TorchSharp lacks, exactly.</summary>
/// <remarks>Rests on: the raw tensor holding <c>count</c> elements of the narrow type, as bytes, and the wide one as many of the wide
/// type.</remarks>
internal static class ElementWidening
{
    /// <summary>A new one-dimensional tensor of <paramref name="count"/> elements of the wider type.</summary>
    public static unsafe Tensor Widen(string path, string place, Tensor raw, long count, ElementType element)
    {
        var parts = element.Widening == Widening.Complex32 ? 2 : 1;
        var wide = TensorRoom.Allocate(path, place, count, element.Scalar, element.Scalar == ScalarType.Int32 ? 4 : 8);
        Debug.Assert(raw.numel() * raw.element_size() >= count * element.Size && wide.numel() == count, "Both hold the elements.");
        var source = TensorMemory.AddressOf(raw);
        var target = TensorMemory.AddressOf(wide);
        for (long i = 0; i < count * parts; i++)
        {
            switch (element.Widening)
            {
                case Widening.UInt16:
                    ((int*)target)[i] = ((ushort*)source)[i];
                    break;
                case Widening.UInt32:
                    ((long*)target)[i] = ((uint*)source)[i];
                    break;
                case Widening.UInt64 when ((long*)source)[i] >= 0:
                    ((long*)target)[i] = ((long*)source)[i];
                    break;
                case Widening.Complex32:
                    ((float*)target)[i] = (float)((Half*)source)[i];
                    break;
                case Widening.Float8E5M2:
                    // The upper byte of a half float.
                    ((float*)target)[i] = (float)BitConverter.UInt16BitsToHalf((ushort)(source[i] << 8));
                    break;
                case Widening.Float8E4M3:
                    ((float*)target)[i] = FromE4M3(source[i]);
                    break;
                default:
                    wide.Dispose();
                    throw new CheckpointException(
                        path, place, $"holds {element.Name} values that are out of range of 64-bit signed integers");
            }
        }

        return wide;
    }

    /// <summary>Sign, 4 exponent bits with bias 7, 3 mantissa bits; all ones is not-a-number, there is no infinity.</summary>
    internal static float FromE4M3(byte bits)
    {
        var exponent = (bits >> 3) & 0xF;
        var mantissa = bits & 0x7;
        var magnitude = exponent == 0xF && mantissa == 0x7
            ? float.NaN
            : exponent == 0 ? mantissa * MathF.Pow(2, -9) : (1 + (mantissa / 8f)) * MathF.Pow(2, exponent - 7);
        return (bits & 0x80) != 0 ? -magnitude : magnitude;
    }
}
