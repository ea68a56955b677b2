using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Ark.Fuzz;

/// <summary>Numbers and texts at which programs go wrong.</summary>
internal static class Extremes
{
    private static readonly long[] Wholes =
    [
        0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 1000, 4095, 4096, 32_767, 32_768, 65_535, 65_536, 1 << 20,
        16_777_215, 16_777_216, 1 << 28, int.MaxValue - 1, int.MaxValue, int.MaxValue + 1L, uint.MaxValue, uint.MaxValue + 1L, 1L << 40,
        1L << 53, long.MaxValue - 1, long.MaxValue, -1, -2, -128, -32_768, int.MinValue, int.MinValue - 1L, long.MinValue,
    ];

    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "2", "0.5", "1.0", "1e0", "1e1", "1e308", "1e309", "-1e309", "1e-320", "1e-400", "1e30", "NaN", "nan",
        "Infinity", "-inf", "0x10", "1_000", "1,5", "1.5.2", "٣", "１", "−1", "+1", " 1", "1 ", "00", "1e", "1e+", ".5", "5.",
        "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "2147483647", "2147483648", "-2147483649",
        "65535", "65536", "99999999999999999999999999999999999999", "true", "false", "null", "None", "True",
        "0.1000000000000000055511151231257827021181583404541015625",
    ];

    private static readonly string[] Texts =
    [
        "", " ", "\t", "\n", "\r\n", "\0", "\u0001", "\u001b[31m", "\u0085", "\u2028", "\u202e", "\ufeff", "\ud83d\ude00", "é", "ß", "İ",
        "../../etc/passwd", "/dev/zero", "C:\\x", "..", ".", "/", "\\", "a/../b", "~", "$HOME", "${HOME}", "$(id)", "%s%n", "{0}", "{name}",
        "{structure}", "=1+1", "+1", "-1", "@x", "'", "\"", "\"\"", "`", "<script>", "&amp;", ",", ";", "|", "#", ":", "- ", "? ", "[", "]",
        "{", "}", "*", "&", "!", "CON", "nul", "a.", "__metadata__", "__class__", "(?:a+)+$", "(((((", "[a-z", "\\u0000", "\\ud800",
    ];

    /// <summary>How many changes are made beside the first: mostly none, for a second one often hides what the first does.</summary>
    public static int FurtherChanges(RandomStream random) => random.Chance(0.65) ? 0 : 1 + random.NextInt32(random.Chance(0.1) ? 20 : 3);

    public static long Whole(RandomStream random) => random.NextInt32(8) switch
    {
        0 => (long)(random.NextUInt64() >> random.NextInt32(64)),
        1 => random.NextInt32(300),
        2 => -random.NextInt32(300),
        _ => Wholes[random.NextInt32(Wholes.Length)],
    };

    public static string Number(RandomStream random) => random.NextInt32(4) switch
    {
        0 => Whole(random).ToString(CultureInfo.InvariantCulture),
        1 when random.Chance(0.1) => BigInteger.Pow(10, random.NextInt32(3000)).ToString(CultureInfo.InvariantCulture),
        1 => BitConverter.UInt64BitsToDouble(random.NextUInt64()).ToString("R", CultureInfo.InvariantCulture),
        _ => Numbers[random.NextInt32(Numbers.Length)],
    };

    public static string Text(RandomStream random) => random.NextInt32(12) switch
    {
        0 => new string((char)('a' + random.NextInt32(26)), random.NextInt32(random.Chance(0.05) ? 200_000 : 300)),
        1 => new string((char)(1 + random.NextInt32(0xD7FF)), 1 + random.NextInt32(3)),
        2 => Number(random),
        3 => string.Concat(Enumerable.Repeat(Texts[random.NextInt32(Texts.Length)], random.NextInt32(20))),
        _ => Texts[random.NextInt32(Texts.Length)],
    };

    /// <summary>Writes a number of 1, 2, 4 or 8 bytes in either order over what is there.</summary>
    public static void Overwrite(Span<byte> room, RandomStream random)
    {
        var number = Whole(random);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        var width = Math.Min(room.Length, 1 << random.NextInt32(4));
        bytes = bytes[..width];
        if (random.Chance(0.5)) bytes.Reverse();
        bytes.CopyTo(room);
    }

    public static byte[] Bytes(int count, RandomStream random)
    {
        var bytes = new byte[count];
        for (var i = 0; i < count; i++) bytes[i] = (byte)random.NextInt32(256);
        return bytes;
    }
}
