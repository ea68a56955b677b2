using System.Buffers.Binary;
using System.Text;

namespace Ark.Fuzz;

/// <summary>Pickles as lists of opcodes with their arguments, changed without breaking lengths.</summary>
internal static class PickleCode
{
    private static readonly string[] Globals =
    [
        "torch._utils\n_rebuild_tensor_v2", "torch._utils\n_rebuild_tensor_v3", "torch._utils\n_rebuild_tensor",
        "torch._utils\n_rebuild_parameter", "torch._utils\n_rebuild_parameter_with_state", "torch._utils\n_rebuild_sparse_tensor",
        "torch._utils\n_rebuild_qtensor", "torch._tensor\n_rebuild_from_type_v2", "torch\nFloatStorage", "torch\nHalfStorage",
        "torch\nLongStorage", "torch\nBoolStorage", "torch\nComplexFloatStorage", "torch.storage\nUntypedStorage",
        "torch.storage\n_load_from_bytes", "torch\nfloat32", "torch\nfloat8_e4m3fn", "torch\nbfloat16", "torch\nuint16", "torch\nSize",
        "torch\ndevice", "torch\nTensor", "torch.nn.parameter\nParameter", "collections\nOrderedDict", "collections\ndefaultdict",
        "collections\nCounter", "collections\ndeque", "argparse\nNamespace", "numpy.core.multiarray\n_reconstruct",
        "numpy._core.multiarray\n_reconstruct", "numpy.core.multiarray\nscalar", "numpy\nndarray", "numpy\ndtype", "_codecs\nencode",
        "builtins\nset", "__builtin__\nset", "builtins\nfrozenset", "builtins\nbytearray", "builtins\ncomplex", "builtins\nlist",
        "builtins\ndict", "builtins\nint", "builtins\nobject", "builtins\neval", "posix\nsystem", "copyreg\n_reconstructor",
        "copy_reg\n_reconstructor", "pathlib\nPosixPath", "datetime\ndatetime",
    ];

    private static readonly byte[] Plain = [.. "(012)NQRbd}el]ostua."u8, .. (byte[])
        [0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x97, 0x98]];

    /// <summary>The opcodes of a pickle, up to its end.</summary>
    /// <returns>Each with its argument; <see langword="null"/> where it is none.</returns>
    public static List<byte[]>? Parse(ReadOnlySpan<byte> pickle, out int length)
    {
        var codes = new List<byte[]>();
        length = 0;
        while (length < pickle.Length)
        {
            var rest = pickle[length..];
            var size = SizeOf(rest);
            if (size <= 0 || size > rest.Length) return null;
            length += (int)size;
            // Frames would have to be counted anew, and nobody needs them.
            if (rest[0] != 0x95) codes.Add(rest[..(int)size].ToArray());
            if (rest[0] == (byte)'.') return codes;
        }

        return null;
    }

    public static byte[] Join(List<byte[]> codes) => [.. codes.SelectMany(c => c)];

    public static void Mutate(List<byte[]> codes, IReadOnlyList<List<byte[]>> others, RandomStream random)
    {
        for (var change = Extremes.FurtherChanges(random); change >= 0; change--)
        {
            var at = random.NextInt32(Math.Max(1, codes.Count));
            if (codes.Count == 0) codes.Add([(byte)'.']);
            switch (random.NextInt32(13))
            {
                case 0:
                    codes.RemoveAt(at);
                    break;
                case 1:
                    codes.Insert(at, codes[random.NextInt32(codes.Count)]);
                    break;
                case 2:
                    codes.Insert(at, Any(random));
                    break;
                case 3:
                    codes[at] = Any(random);
                    break;
                case 4:
                    var second = random.NextInt32(codes.Count);
                    (codes[at], codes[second]) = (codes[second], codes[at]);
                    break;
                case 5:
                    var piece = codes.GetRange(at, Math.Min(1 + random.NextInt32(30), codes.Count - at));
                    var times = random.NextInt32(random.Chance(0.1) ? 400 : 3);
                    for (; times >= 0 && codes.Count < 50_000; times--) codes.InsertRange(at, piece);
                    break;
                case 6:
                    var other = others[random.NextInt32(others.Count)];
                    if (other.Count == 0) break;
                    var from = random.NextInt32(other.Count);
                    codes.InsertRange(at, other.GetRange(from, Math.Min(1 + random.NextInt32(40), other.Count - from)));
                    break;
                case 7:
                    codes.RemoveRange(at, Math.Min(1 + random.NextInt32(20), codes.Count - at));
                    break;
                default:
                    codes[at] = Changed(codes[at], codes, random);
                    break;
            }
        }
    }

    // The same opcode, or a cousin, with another argument.
    private static byte[] Changed(byte[] code, List<byte[]> codes, RandomStream random) => code[0] switch
    {
        (byte)'J' or (byte)'K' or (byte)'M' or (byte)'I' or (byte)'L' or 0x8a or 0x8b => Number(random),
        (byte)'X' or 0x8c or 0x8d or (byte)'U' or (byte)'T' => random.Chance(0.5)
            ? codes[random.NextInt32(codes.Count)] is { Length: > 0 } same && same[0] == code[0] ? same : Text(Extremes.Text(random))
            : Text(Extremes.Text(random)),
        (byte)'c' => Global(random),
        (byte)'h' or (byte)'q' or (byte)'j' or (byte)'r' => Memo(random),
        (byte)'B' or (byte)'C' or 0x8e or 0x96 => Binary(random),
        (byte)'G' => [(byte)'G', .. Extremes.Bytes(8, random)],
        _ => Any(random),
    };

    private static byte[] Any(RandomStream random) => random.NextInt32(9) switch
    {
        0 => Number(random),
        1 => Text(Extremes.Text(random)),
        2 => Global(random),
        3 => Memo(random),
        4 => Binary(random),
        5 => [(byte)'G', .. Extremes.Bytes(8, random)],
        _ => [Plain[random.NextInt32(Plain.Length)]],
    };

    private static byte[] Number(RandomStream random)
    {
        var number = Extremes.Whole(random);
        var bytes = new byte[9];
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(1), number);
        switch (random.NextInt32(6))
        {
            case 0:
                bytes[0] = (byte)'K';
                return bytes[..2];
            case 1:
                bytes[0] = (byte)'M';
                return bytes[..3];
            case 2:
                return [0x8a, 8, .. bytes[1..]];
            case 3 when random.Chance(0.3):
                var width = random.NextInt32(300);
                return [0x8b, (byte)width, (byte)(width >> 8), 0, 0, .. Extremes.Bytes(width, random)];
            case 4:
                return Encoding.Latin1.GetBytes((random.Chance(0.5) ? "I" : "L") + Extremes.Number(random) + "\n");
            default:
                bytes[0] = (byte)'J';
                return bytes[..5];
        }
    }

    private static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var head = new byte[5];
        head[0] = (byte)'X';
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(1), bytes.Length);
        return [.. head, .. bytes];
    }

    private static byte[] Global(RandomStream random) =>
        random.Chance(0.05)
            ? Encoding.UTF8.GetBytes($"c{Extremes.Text(random).Replace('\n', '_')}\n{Extremes.Text(random).Replace('\n', '_')}\n")
            : Encoding.ASCII.GetBytes($"c{Globals[random.NextInt32(Globals.Length)]}\n");

    private static byte[] Memo(RandomStream random)
    {
        var place = (byte)random.NextInt32(random.Chance(0.2) ? 256 : 40);
        return random.NextInt32(6) switch
        {
            0 => [(byte)'q', place],
            1 => [0x94],
            2 => [(byte)'j', .. BitConverter.GetBytes((int)Extremes.Whole(random))],
            3 => [(byte)'r', .. BitConverter.GetBytes((int)Extremes.Whole(random))],
            _ => [(byte)'h', place],
        };
    }

    private static byte[] Binary(RandomStream random)
    {
        var content = Extremes.Bytes(random.NextInt32(random.Chance(0.1) ? 2000 : 20), random);
        return random.NextInt32(3) switch
        {
            0 when content.Length < 256 => [(byte)'C', (byte)content.Length, .. content],
            1 => [0x96, .. BitConverter.GetBytes((long)content.Length), .. content],
            _ => [(byte)'B', .. BitConverter.GetBytes(content.Length), .. content],
        };
    }

    private static long SizeOf(ReadOnlySpan<byte> at) => at[0] switch
    {
        (byte)'F' or (byte)'I' or (byte)'L' or (byte)'P' or (byte)'S' or (byte)'V' or (byte)'g' or (byte)'p' => Lines(at, 1),
        (byte)'c' or (byte)'i' => Lines(at, 2),
        (byte)'J' or (byte)'j' or (byte)'r' or 0x84 => 5,
        (byte)'K' or (byte)'h' or (byte)'q' or 0x80 or 0x82 => 2,
        (byte)'M' or 0x83 => 3,
        (byte)'G' or 0x95 => 9,
        (byte)'U' or (byte)'C' or 0x8a or 0x8c when at.Length > 1 => 2 + at[1],
        (byte)'T' or (byte)'X' or (byte)'B' or 0x8b when at.Length > 4 => 5L + BinaryPrimitives.ReadUInt32LittleEndian(at[1..]),
        0x8d or 0x8e or 0x96 when at.Length > 8 => 9 + Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(at[1..]), 0, int.MaxValue / 2),
        (byte)'U' or (byte)'C' or (byte)'T' or (byte)'X' or (byte)'B' or 0x8a or 0x8b or 0x8c or 0x8d or 0x8e or 0x96 => -1,
        _ => 1,
    };

    private static long Lines(ReadOnlySpan<byte> at, int count)
    {
        var size = 1;
        for (; count > 0; count--)
        {
            var end = at[size..].IndexOf((byte)'\n');
            if (end < 0) return -1;
            size += end + 1;
        }

        return size;
    }
}
