namespace Ark;

/// <summary>A NumPy dtype while a pickle is read.</summary>
internal sealed class NumpyDataType(char kind, int size)
{
    /// <summary>NumPy's letter: b, i, u, f or c.</summary>
    public char Kind { get; } = kind;

    /// <summary>Bytes of one element.</summary>
    public int Size { get; } = size;

    /// <summary>Whether the elements' bytes are in big-endian order.</summary>
    public bool BigEndian { get; set; }

    /// <summary>The name: <c>float32</c>.</summary>
    public string Name => Kind switch
    {
        'b' => "bool",
        'i' => $"int{Size * 8}",
        'u' => $"uint{Size * 8}",
        'f' => $"float{Size * 8}",
        _ => $"complex{Size * 8}",
    };

    /// <summary>The type of a code such as <c>f4</c> or <c>&lt;i8</c>, or <see langword="null"/>.</summary>
    public static NumpyDataType? Parse(string code)
    {
        var big = code.StartsWith('>');
        if (code.Length == 3 && code[0] is '<' or '>' or '|' or '=') code = code[1..];
        NumpyDataType? type = code switch
        {
            "b1" or "?" => new('b', 1),
            "i1" or "i2" or "i4" or "i8" or "u1" or "u2" or "u4" or "u8" or "f2" or "f4" or "f8" or "c8" => new(code[0], code[1] - '0'),
            "c16" => new('c', 16),
            _ => null,
        };
        if (type is not null) type.BigEndian = big;
        return type;
    }
}
