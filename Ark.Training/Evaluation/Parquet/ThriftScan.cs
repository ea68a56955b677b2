namespace Ark.Evaluation;

/// <summary>
/// Walks a structure of Thrift's compact protocol to its end without building anything, and refuses what a reader would loop, recurse or
/// allocate on: lengths beyond the bytes that are there, deep nesting, many elements, and known fields of another type.
/// </summary>
/// <param name="bytes">Where the structure begins.</param>
/// <param name="found">
/// Is told of every known structure as it begins (its name and field 0), and of its whole numbers: name, field, value.
/// </param>
internal ref struct ThriftScan(ReadOnlySpan<byte> bytes, Action<string, int, long> found)
{
    /// <summary>Structures and lists inside one another; a real footer has seven.</summary>
    public const int MaxDepth = 32;

    /// <summary>Fields and elements of lists.</summary>
    public const int MaxElements = 2_000_000;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly Action<string, int, long> _found = found;
    private int _elements;

    /// <summary>Bytes that were walked over.</summary>
    public int Position { get; private set; }

    /// <summary>Walks over one structure.</summary>
    /// <param name="name">Which, as <see cref="ThriftStructs"/> names it.</param>
    /// <exception cref="InvalidDataException">It is damaged, or beyond a limit.</exception>
    public void Struct(string name) => Struct(name, 0);

    private void Struct(string? name, int depth)
    {
        if (depth > MaxDepth) throw new InvalidDataException($"its structures are nested too deep; the limit is a depth of {MaxDepth}");
        var fields = name is null ? null : ThriftStructs.FieldsOf(name);
        if (name is not null) _found(name, 0, 0);
        short last = 0;
        uint seen = 0;
        while (true)
        {
            var header = Byte();
            if (header == 0) return;
            Count(1);
            last = header >> 4 == 0 ? (short)Signed(5) : (short)(last + (header >> 4));
            var type = (ThriftType)(header & 15);
            if (fields is null || !fields.TryGetValue(last, out var field))
            {
                Skip(type, depth + 1);
                continue;
            }

            // Known numbers are small.
            if ((seen & (1u << last)) != 0) throw Damaged($"field {last} of a structure is there twice");
            seen |= 1u << last;
            Known(name!, last, field, type, depth);
        }
    }

    private void Known(string name, int number, ThriftField field, ThriftType type, int depth)
    {
        var expected = field.IsList ? ThriftType.List : field.Type;
        if (type != expected && (type != ThriftType.False || expected != ThriftType.True))
            throw Damaged($"field {number} of a structure has another type than it should");
        if (!field.IsList)
        {
            Value(name, number, field, type, depth);
            return;
        }

        var (count, element) = List();
        if (count > 0 && element != field.Type) throw Damaged($"field {number} of a structure lists another type than it should");
        for (var i = 0; i < count; i++) Value(name, number, field, element, depth);
    }

    private void Value(string name, int number, ThriftField field, ThriftType type, int depth)
    {
        switch (type)
        {
            case ThriftType.Struct:
                Struct(field.Struct, depth + 1);
                break;
            case ThriftType.Int32:
                _found(name, number, (int)Signed(5));
                break;
            case ThriftType.Int64:
                _found(name, number, Signed(10));
                break;
            case ThriftType.True or ThriftType.False:
                _found(name, number, type == ThriftType.True ? 1 : 0);
                break;
            default:
                Skip(type, depth + 1);
                break;
        }
    }

    private void Skip(ThriftType type, int depth)
    {
        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                Take(1);
                break;
            case ThriftType.Int16 or ThriftType.Int32:
                Signed(5);
                break;
            case ThriftType.Int64:
                Signed(10);
                break;
            case ThriftType.Double:
                Take(8);
                break;
            case ThriftType.Binary:
                Take((long)Unsigned(5));
                break;
            case ThriftType.Struct:
                Struct(null, depth);
                break;
            case ThriftType.List:
                if (depth > MaxDepth)
                    throw new InvalidDataException($"its lists are nested too deep; the limit is a depth of {MaxDepth}");
                var (count, element) = List();
                for (var i = 0; i < count; i++) Skip(element, depth + 1);
                break;
            default:
                throw Damaged($"it has a value of type {(int)type}");
        }
    }

    private (int Count, ThriftType Element) List()
    {
        var header = Byte();
        var count = header >> 4 == 15 ? (long)Unsigned(5) : header >> 4;
        var element = (ThriftType)(header & 15);
        // Readers disagree on how many bytes a truth value in a list has; Parquet lists none here.
        if (count > 0 && element is ThriftType.True or ThriftType.False) throw Damaged("it lists truth values");
        if (count > _bytes.Length - Position)
            throw Damaged($"it claims a list of {count} values where {_bytes.Length - Position} bytes are left");
        Count((int)count);
        return ((int)count, element);
    }

    private void Count(int elements)
    {
        _elements += elements;
        if (_elements > MaxElements)
            throw new InvalidDataException($"its description has too many values; the limit is {MaxElements}");
    }

    private byte Byte() => Position < _bytes.Length ? _bytes[Position++] : throw new EndOfStreamException("its description is cut short");

    private void Take(long count)
    {
        if (count > _bytes.Length - Position) throw new EndOfStreamException("its description is cut short");
        Position += (int)count;
    }

    private long Signed(int most)
    {
        var value = Unsigned(most);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong Unsigned(int most)
    {
        ulong value = 0;
        for (var i = 0; i < most; i++)
        {
            var part = Byte();
            value |= (ulong)(part & 0x7f) << (7 * i);
            if (part >= 0x80) continue;
            if (most == 5 && value > uint.MaxValue) break;
            return value;
        }

        throw Damaged("it has a number that is too long");
    }

    private static InvalidDataException Damaged(string what) => new($"its description is damaged: {what}");
}
