using System.Buffers.Binary;

namespace Ark.Data;

/// <summary>
/// Reads the wanted elements of a little-endian data set, and steps over all others. Lengths are checked against what is there before
/// anything is taken; nesting has a limit.
/// </summary>
internal ref struct DicomReader
{
    private const uint Undefined = 0xFFFF_FFFF;
    private const int MaxDepth = 24;
    private const int MaxItems = 100_000;

    private readonly ReadOnlyMemory<byte> _memory;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly string _name;
    private readonly bool _implicit;
    private int _at;
    private int _items;

    public DicomReader(ReadOnlyMemory<byte> memory, bool implicitly, string name)
    {
        _memory = memory;
        _bytes = memory.Span;
        _implicit = implicitly;
        _name = name;
    }

    /// <summary>Where the next element starts.</summary>
    public readonly int Position => _at;

    /// <summary>Reads the elements up to the pixel data, or to the end.</summary>
    public DicomDataSet ReadAll()
    {
        var data = new DicomDataSet(_name);
        ReadInto(data, _bytes.Length, 0);
        return data;
    }

    /// <summary>Reads the file meta information: group 2, always with explicit types.</summary>
    /// <returns>The transfer syntax; <see langword="null"/> where it is not said.</returns>
    public string? ReadMeta()
    {
        string? syntax = null;
        while (_bytes.Length - _at >= 8 && BinaryPrimitives.ReadUInt16LittleEndian(_bytes[_at..]) == 2)
        {
            var (tag, _, length) = ReadHeader(implicitly: false);
            var value = Take(tag, length);
            if (tag == DicomTag.TransferSyntax && value.Length <= 64)
                syntax = System.Text.Encoding.Latin1.GetString(value.Span).Trim(' ', '\0');
        }

        return syntax;
    }

    private void ReadInto(DicomDataSet data, int end, int depth)
    {
        while (_at < end)
        {
            var (tag, type, length) = ReadHeader(_implicit);
            if (tag == DicomTag.ItemEnd) return;
            if (tag == DicomTag.PixelData && length == Undefined)
            {
                // What follows is fragments; nothing behind them is wanted.
                data.Fragments = _memory[_at..];
                _at = end;
                return;
            }

            var isSequence = type == "SQ" || length == Undefined || (_implicit && DicomTag.IsWantedSequence(tag));
            if (!isSequence)
            {
                var value = Take(tag, length);
                if (DicomTag.IsWanted(tag)) data.Add(tag, value, type == "SS");
                // The pixel data is the last thing that is wanted, and often hundreds of private elements follow.
                if (tag == DicomTag.PixelData && depth == 0) return;
            }
            else if (DicomTag.IsWantedSequence(tag) && type != "UN")
            {
                data.Add(tag, ReadItems(tag, length, depth));
            }
            else if (length == Undefined)
            {
                SkipItems(tag, type == "UN" || _implicit, depth + 1);
            }
            else
            {
                Take(tag, length);
            }
        }
    }

    private List<DicomDataSet> ReadItems(uint sequence, uint length, int depth)
    {
        CheckDepth(sequence, depth);
        var end = length == Undefined ? _bytes.Length : _at + Checked(sequence, length);
        var items = new List<DicomDataSet>();
        while (_at < end)
        {
            var (tag, itemLength) = ReadItemHeader(sequence);
            if (tag == DicomTag.SequenceEnd) return items;
            var item = new DicomDataSet(_name);
            ReadInto(item, itemLength == Undefined ? _bytes.Length : _at + Checked(tag, itemLength), depth + 1);
            items.Add(item);
        }

        return length == Undefined ? throw Truncated(sequence) : items;
    }

    private void SkipItems(uint sequence, bool implicitly, int depth)
    {
        CheckDepth(sequence, depth);
        while (true)
        {
            var (tag, length) = ReadItemHeader(sequence);
            if (tag == DicomTag.SequenceEnd) return;
            if (length != Undefined)
            {
                Take(tag, length);
                continue;
            }

            while (true)
            {
                var (inner, type, innerLength) = ReadHeader(implicitly);
                if (inner == DicomTag.ItemEnd) break;
                if (innerLength == Undefined) SkipItems(inner, implicitly || type == "UN", depth + 1);
                else Take(inner, innerLength);
            }
        }
    }

    private (uint Tag, uint Length) ReadItemHeader(uint sequence)
    {
        if (_bytes.Length - _at < 8) throw Truncated(sequence);
        if (++_items > MaxItems) throw Error(sequence, $"the DICOM file has too many sequence items (limit {MaxItems})");
        var tag = ReadTag();
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_at..]);
        _at += 4;
        return tag is DicomTag.Item or DicomTag.SequenceEnd
            ? (tag, length)
            : throw Error(sequence, $"the sequence holds {DicomTag.Text(tag)}, expected an item; the DICOM file is invalid");
    }

    private (uint Tag, string Type, uint Length) ReadHeader(bool implicitly)
    {
        if (_bytes.Length - _at < 8)
            throw new ArkInputException(_name, $"byte {_at}", "the DICOM file is truncated: it ends within an element");
        var tag = ReadTag();
        if (implicitly || tag >> 16 == 0xFFFE)
        {
            var plain = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_at..]);
            _at += 4;
            return (tag, "", plain);
        }

        var (a, b) = ((char)_bytes[_at], (char)_bytes[_at + 1]);
        if (!char.IsAsciiLetterUpper(a) || !char.IsAsciiLetterUpper(b))
            throw Error(tag, "the element has an invalid value representation, so the DICOM file cannot be read on");
        var type = string.Create(2, (a, b), static (span, pair) => (span[0], span[1]) = pair);
        if (type is "OB" or "OD" or "OF" or "OL" or "OV" or "OW" or "SQ" or "SV" or "UC" or "UN" or "UR" or "UT" or "UV")
        {
            if (_bytes.Length - _at < 8) throw Truncated(tag);
            var wide = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(_at + 4)..]);
            _at += 8;
            return (tag, type, wide);
        }

        var narrow = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(_at + 2)..]);
        _at += 4;
        return (tag, type, narrow);
    }

    private uint ReadTag()
    {
        var tag = ((uint)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[_at..]) << 16) | BinaryPrimitives.ReadUInt16LittleEndian(
            _bytes[(_at + 2)..]);
        _at += 4;
        return tag;
    }

    private ReadOnlyMemory<byte> Take(uint tag, uint length)
    {
        var count = Checked(tag, length);
        var value = _memory.Slice(_at, count);
        _at += count;
        return value;
    }

    private readonly int Checked(uint tag, uint length) => length <= _bytes.Length - _at
        ? (int)length
        : throw Error(
            tag, $"the element claims a length of {length} bytes, and {_bytes.Length - _at} are left: the DICOM file is truncated");

    private readonly void CheckDepth(uint tag, int depth)
    {
        if (depth > MaxDepth) throw Error(tag, $"sequences are nested too deeply (limit {MaxDepth})");
    }

    private readonly ArkInputException Truncated(uint tag) => Error(tag, "the DICOM file is truncated: it ends within this element");

    private readonly ArkInputException Error(uint tag, string problem) => new(_name, $"tag {DicomTag.Text(tag)}", problem);
}
