using System.Buffers.Binary;
using System.Text;

namespace Ark.Fuzz;

/// <summary>NumPy arrays whose header is changed with its length kept right.</summary>
internal static class NpyParts
{
    private static readonly string[] Types =
    [
        "'<f4'", "'<f8'", "'>f4'", "'|u1'", "'<i8'", "'<i4'", "'>i2'", "'<f2'", "'|b1'", "'<U10'", "'<U0'", "'>U3'", "'|S5'", "'|S0'",
        "'|O'", "'<c8'", "'|V3'", "'<U1000000000'", "'<U2147483648'", "[('a', '<f4')]", "'<f16'", "'<M8[ns]'", "''",
        "None", "'f4'", "'<u8'",
    ];

    private static readonly string[] Shapes =
    [
        "()", "(0,)", "(1,)", "(2,)", "(-1,)", "(3, 4)", "(4, 3)", "(0, 5)", "(5, 0)", "(2, 3, 4)", "(2, 3, 4, 3)", "(1099511627776,)",
        "(4294967296, 4294967296)", "(9223372036854775807,)", "(9223372036854775808,)", "(2, 2, 2, 2, 2, 2, 2, 2, 2)", "[3]", "3", "(3.0,)",
        "(1, 1000000000)", "(1000000000, 0)", "(65536, 65536)",
    ];

    public static byte[] Mutate(byte[] npy, RandomStream random)
    {
        if (npy.Length < 12 || npy[0] != 0x93) return ByteMutations.Apply(npy, [npy], random);
        var isShort = npy[6] == 1;
        var start = isShort ? 10 : 12;
        var length = isShort
            ? BinaryPrimitives.ReadUInt16LittleEndian(npy.AsSpan(8))
            : BinaryPrimitives.ReadInt32LittleEndian(npy.AsSpan(8));
        if (length < 0 || length > npy.Length - start) return ByteMutations.Apply(npy, [npy], random);
        var header = Encoding.Latin1.GetString(npy, start, length);
        var data = npy[(start + length)..];
        switch (random.NextInt32(8))
        {
            case 0 or 1:
                header = Replaced(header, "'descr': ", ", 'fortran", Types[random.NextInt32(Types.Length)]);
                break;
            case 2 or 3:
                header = Replaced(header, "'shape': ", ", }", Shapes[random.NextInt32(Shapes.Length)]);
                break;
            case 4:
                header = header.Replace("False", "\u0001", StringComparison.Ordinal).Replace("True", "False", StringComparison.Ordinal)
                    .Replace("\u0001", "True", StringComparison.Ordinal);
                break;
            case 5:
                header = Encoding.Latin1.GetString(TextMutations.Apply(
                    Encoding.Latin1.GetBytes(header), [Encoding.Latin1.GetBytes(header)], ", ", Types, random));
                break;
            case 6:
                data = ByteMutations.Apply(data, [data], random);
                break;
            default:
                data = random.Chance(0.5) ? data[..random.NextInt32(data.Length + 1)] : [.. data, .. data];
                break;
        }

        var text = Encoding.Latin1.GetBytes(header);
        var version = (byte)(text.Length > ushort.MaxValue || random.Chance(0.1) ? 2 + random.NextInt32(3) : 1);
        byte[] size = version == 1 ? BitConverter.GetBytes((ushort)text.Length) : BitConverter.GetBytes(text.Length);
        return [0x93, .. "NUMPY"u8, version, 0, .. size, .. text, .. data];
    }

    private static string Replaced(string header, string before, string after, string value)
    {
        var from = header.IndexOf(before, StringComparison.Ordinal);
        if (from < 0) return header;
        from += before.Length;
        var to = header.IndexOf(after, from, StringComparison.Ordinal);
        return to < 0 ? header : header[..from] + value + header[to..];
    }
}
