using System.Globalization;
using System.Text;

namespace Ark.Data;

/// <summary>
/// Reads the one form of Python literal that an NPY header may be: <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (3, 4), }</c>.
/// It evaluates nothing; whatever else stands there is refused.
/// </summary>
/// <param name="text">The header.</param>
/// <param name="refuse">Makes the exception for a problem.</param>
internal ref struct NpyHeaderParser(ReadOnlySpan<byte> text, Func<string, ArkInputException> refuse)
{
    private const int MaxRank = 8;
    private const int MaxTextLength = 1 << 16;

    private readonly ReadOnlySpan<byte> _text = text;
    private int _at;

    /// <summary>Parses the whole header.</summary>
    /// <param name="headerLength">Bytes before the first element, for the result.</param>
    /// <returns>The header.</returns>
    public NpyHeader Parse(int headerLength)
    {
        string? type = null;
        bool? fortran = null;
        List<long>? shape = null;
        Expect('{');
        while (!TryTake('}'))
        {
            var key = String();
            Expect(':');
            switch (key)
            {
                case "descr" when type is null:
                    if (Peek() == '[') throw refuse("a structured dtype is unsupported");
                    type = String();
                    break;
                case "fortran_order" when fortran is null:
                    fortran = Boolean();
                    break;
                case "shape" when shape is null:
                    shape = Tuple();
                    break;
                default:
                    throw refuse($"the NPY header has an unexpected or duplicate key '{key}'");
            }

            if (TryTake(',')) continue;
            Expect('}');
            break;
        }

        if (Peek() != '\0') throw refuse("the NPY header is invalid: something follows its dictionary");
        if (type is null || fortran is null || shape is null)
            throw refuse("the NPY header is invalid: descr, fortran_order or shape is missing");
        var (order, kind, size) = ElementType(type);
        var header = new NpyHeader
        {
            Kind = kind,
            ElementSize = size,
            BigEndian = order == '>',
            FortranOrder = fortran.Value,
            Shape = shape,
            HeaderLength = headerLength,
        };
        try
        {
            _ = header.DataLength;
        }
        catch (OverflowException)
        {
            throw refuse($"the shape {header.ShapeText} is too large");
        }

        return header;
    }

    private readonly (char Order, char Kind, int Size) ElementType(string type)
    {
        if (type.EndsWith('O')) throw refuse("is an object array: it holds a pickle, which is never read");
        if (type is [var order
            and ('<' or '>' or '|' or '='), var kind and ('i' or 'u' or 'f' or 'b'), var digit and ('1' or '2' or '4' or '8')])
        {
            var size = digit - '0';
            if (kind switch { 'b' => size == 1, 'f' => size >= 2, _ => true } && (order != '|' || size == 1)) return (order, kind, size);
        }

        if (type is ['<' or '>' or '|' or '=', 'U' or 'S', ..]
            && int.TryParse(type.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length is > 0 and <= MaxTextLength)
            return (type[0], type[1], type[1] == 'U' ? 4 * length : length);

        throw refuse($"the dtype '{type}' is unsupported");
    }

    private char Peek()
    {
        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r') _at++;
        return _at < _text.Length ? (char)_text[_at] : '\0';
    }

    private bool TryTake(char c)
    {
        if (Peek() != c || _at >= _text.Length) return false;
        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!TryTake(c)) throw refuse($"the NPY header is invalid: expected '{c}' at its byte {_at}");
    }

    private string String()
    {
        var quote = Peek();
        if (quote is not ('\'' or '"')) throw refuse($"the NPY header is invalid: expected a string at its byte {_at}");
        var rest = _text[(_at + 1)..];
        var end = rest.IndexOf((byte)quote);
        // Neither a key nor a plain type has an escape; control and non-ASCII bytes have no place in either.
        if (end < 0 || end > 64 || rest[..end].Contains((byte)'\\') || rest[..end].ContainsAnyExceptInRange((byte)' ', (byte)'~'))
            throw refuse($"the NPY header is invalid: the string at its byte {_at} is malformed");
        _at += end + 2;
        return Encoding.ASCII.GetString(rest[..end]);
    }

    private bool Boolean()
    {
        Peek();
        var rest = _text[_at..];
        var (length, value) = rest.StartsWith("True"u8)
            ? (4, true)
            : rest.StartsWith("False"u8) ? (5, false)
            : throw refuse("the NPY header is invalid: fortran_order is neither True nor False");
        _at += length;
        return value;
    }

    private List<long> Tuple()
    {
        var shape = new List<long>();
        Expect('(');
        while (!TryTake(')'))
        {
            shape.Add(Integer());
            if (shape.Count > MaxRank) throw refuse($"the shape has more than {MaxRank} axes");
            if (TryTake(',')) continue;
            Expect(')');
            if (shape.Count == 1) throw refuse("the NPY header is invalid: the shape is no tuple");
            break;
        }

        return shape;
    }

    private long Integer()
    {
        if (Peek() == '-') throw refuse("the shape has a negative length");
        var start = _at;
        while (_at < _text.Length && char.IsAsciiDigit((char)_text[_at])) _at++;
        var digits = _text[start.._at];
        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value)) return value;
        throw refuse(digits.IsEmpty
            ? $"the NPY header is invalid: expected a number at its byte {start}"
            : "the shape has a length that is too large");
    }
}
