using System.Globalization;

namespace Ark;

/// <summary>A NumPy dtype while a pickle is read.</summary>
internal sealed class NumpyDataType(char kind, int size)
{
    // Bytes of one text or structure.
    private const int MaxSize = 1 << 20;

    /// <summary>
    /// NumPy's letter: b, i, u, f or c for numbers; U, S or V for text, bytes and structures; M or m for times; O for objects.
    /// </summary>
    public char Kind { get; } = kind;

    /// <summary>Bytes of one element.</summary>
    public int Size { get; private set; } = size;

    /// <summary>Whether the elements are numbers.</summary>
    public bool IsNumber => Kind is 'b' or 'i' or 'u' or 'f' or 'c';

    /// <summary>Whether the elements' bytes are in big-endian order.</summary>
    public bool BigEndian { get; set; }

    /// <summary>The name: <c>float32</c>.</summary>
    public string Name => Kind switch
    {
        'b' => "bool",
        'i' => $"int{Size * 8}",
        'u' => $"uint{Size * 8}",
        'f' => $"float{Size * 8}",
        'c' => $"complex{Size * 8}",
        'U' => $"str{Size * 8}",
        'S' => $"bytes{Size * 8}",
        'V' => $"void{Size * 8}",
        'M' => "datetime64",
        'm' => "timedelta64",
        _ => "object",
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
            "O" or "O4" or "O8" => new('O', 8),
            "M8" or "m8" => new(code[0], 8),
            _ => OfText(code),
        };
        if (type is not null) type.BigEndian = big;
        return type;
    }

    /// <summary>A structure; its size is told later.</summary>
    public static NumpyDataType Structure() => new('V', 0);

    /// <summary>Takes over the size that the type's state has; <see langword="false"/> where there can be none such.</summary>
    public bool TrySize(long size)
    {
        if (Kind is not ('U' or 'S' or 'V') || size < 0) return true;
        if (size > MaxSize || (Kind == 'U' && size % 4 != 0)) return false;
        Size = (int)size;
        return true;
    }

    private static NumpyDataType? OfText(string code)
    {
        if (code.Length is < 1 or > 8 || code[0] is not ('U' or 'S' or 'a' or 'V')) return null;
        var kind = code[0] == 'a' ? 'S' : code[0];
        var width = kind == 'U' ? 4 : 1;
        if (code.Length == 1) return new NumpyDataType(kind, 0);
        return int.TryParse(code.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MaxSize / width
            ? new NumpyDataType(kind, count * width)
            : null;
    }
}
