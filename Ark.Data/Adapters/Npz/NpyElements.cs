using System.Buffers.Binary;

namespace Ark.Data;

/// <summary>Converts the raw elements of an array to numbers.</summary>
internal static class NpyElements
{
    /// <summary>The value of one element; integers over 2^53 lose their last digits.</summary>
    /// <param name="raw">Its bytes.</param>
    /// <param name="header">Its type.</param>
    /// <returns>The value.</returns>
    public static double ToDouble(ReadOnlySpan<byte> raw, NpyHeader header)
    {
        // Little-endian order from here on.
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        raw.CopyTo(bytes);
        if (header.BigEndian) bytes[..raw.Length].Reverse();
        var bits = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return (header.Kind, header.ElementSize) switch
        {
            ('f', 2) => (double)BitConverter.UInt16BitsToHalf((ushort)bits),
            ('f', 4) => BitConverter.UInt32BitsToSingle((uint)bits),
            ('f', _) => BitConverter.UInt64BitsToDouble(bits),
            ('i', 1) => (sbyte)bits,
            ('i', 2) => (short)bits,
            ('i', 4) => (int)bits,
            ('i', _) => (long)bits,
            _ => bits,
        };
    }

    /// <summary>Converts integers to bytes.</summary>
    /// <param name="raw">The elements' bytes.</param>
    /// <param name="header">Their type, an integer.</param>
    /// <param name="destination">Receives one byte per element.</param>
    /// <returns>Whether every element is in 0 to 255.</returns>
    public static bool TryToBytes(ReadOnlySpan<byte> raw, NpyHeader header, Span<byte> destination)
    {
        if (header is { ElementSize: 1, Kind: 'u' })
        {
            raw.CopyTo(destination);
            return true;
        }

        for (var i = 0; i < destination.Length; i++)
        {
            var value = ToDouble(raw.Slice(i * header.ElementSize, header.ElementSize), header);
            if (value is not (>= 0 and <= 255)) return false;
            destination[i] = (byte)value;
        }

        return true;
    }
}
