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
        ReadInto(data, _bytes.Length, 0, _implicit);
        return data;
    }

    /// <summary>
    /// Whether bytes look like the elements of a data set, one after another: files without meta information are told by nothing else.
    /// </summary>
    /// <param name="bytes">The start of the file.</param>
    /// <param name="implicitly">Whether its elements have no types.</param>
    public static bool LooksLikeData(ReadOnlySpan<byte> bytes, out bool implicitly)
    {
        implicitly = bytes.Length >= 6 && !(char.IsAsciiLetterUpper((char)bytes[4]) && char.IsAsciiLetterUpper((char)bytes[5]));
        var at = 0;
        var last = 0u;
        for (var seen = 0; seen < 3; seen++)
        {
            if (bytes.Length - at < 8) return false;
            var element = bytes[at..];
            var tag = TagOf(element);
            var group = tag >> 16;
            if (tag <= last || group < 8 || (group > 0x28 && group != DicomTag.PixelData >> 16)) return false;
            last = tag;
            if (seen > 0 && tag == DicomTag.PixelData) return true;
            long length = implicitly
                ? BinaryPrimitives.ReadUInt32LittleEndian(element[4..])
                : BinaryPrimitives.ReadUInt16LittleEndian(element[6..]);
            if (!implicitly && !(char.IsAsciiLetterUpper((char)element[4]) && char.IsAsciiLetterUpper((char)element[5]))) return false;
            // An element that ends behind what was given is judged by its own start; the first one must have a successor.
            if (at + 8 + length > bytes.Length) return seen > 1;
            at += 8 + (int)length;
        }

        return true;
    }

    /// <summary>Reads the file meta information: group 2, always with explicit types.</summary>
    /// <param name="kind">Receives the class of the object; <see langword="null"/> where it is not said.</param>
    /// <returns>The transfer syntax; <see langword="null"/> where it is not said.</returns>
    public string? ReadMeta(out string? kind)
    {
        string? syntax = null;
        kind = null;
        while (_bytes.Length - _at >= 8 && BinaryPrimitives.ReadUInt16LittleEndian(_bytes[_at..]) == 2)
        {
            var (tag, _, length) = ReadHeader(implicitly: false);
            var value = Take(tag, length);
            if (tag is not (DicomTag.TransferSyntax or DicomTag.MediaClass) || value.Length > 64) continue;
            var text = System.Text.Encoding.Latin1.GetString(value.Span).Trim(' ', '\0');
            if (tag == DicomTag.TransferSyntax) syntax = text;
            else kind = text;
        }

        return syntax;
    }

    private void ReadInto(DicomDataSet data, int end, int depth, bool implicitly)
    {
        while (_at < end)
        {
            var (tag, type, length) = ReadHeader(implicitly);
            if (tag == DicomTag.ItemEnd) return;
            if (tag == DicomTag.PixelData && length == Undefined)
            {
                // What follows is fragments; nothing behind them is wanted.
                data.Fragments = _memory[_at..];
                _at = end;
                return;
            }

            // Without a type of its own, a sequence is known by its tag; what was once unknown (UN) is implicit inside.
            var isSequence = type == "SQ" || length == Undefined || (type is "" or "UN" && DicomTag.IsWantedSequence(tag));
            if (!isSequence)
            {
                var value = Take(tag, length);
                if (DicomTag.IsWanted(tag)) data.Add(tag, value, type == "SS");
                // The pixel data is the last thing that is wanted, and often hundreds of private elements follow.
                if (tag == DicomTag.PixelData && depth == 0) return;
            }
            else if (DicomTag.IsWantedSequence(tag))
            {
                data.Add(tag, ReadItems(tag, length, depth, type == "UN" || implicitly));
            }
            else if (length == Undefined)
            {
                SkipItems(tag, type == "UN" || implicitly, depth + 1);
            }
            else
            {
                Take(tag, length);
            }
        }
    }

    private List<DicomDataSet> ReadItems(uint sequence, uint length, int depth, bool implicitly)
    {
        CheckDepth(sequence, depth);
        var end = length == Undefined ? _bytes.Length : _at + Checked(sequence, length);
        var items = new List<DicomDataSet>();
        while (_at < end)
        {
            var (tag, itemLength) = ReadItemHeader(sequence);
            if (tag == DicomTag.SequenceEnd) return items;
            var item = new DicomDataSet(_name);
            ReadInto(item, itemLength == Undefined ? _bytes.Length : _at + Checked(tag, itemLength), depth + 1, implicitly);
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
        if (!char.IsAsciiLetterUpper(a) || !char.IsAsciiLetterUpper(b)) return ReadUntyped(tag);
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

    // Some devices write an element without its type, as implicit files have it, or with one that is none ("??"). The length that leads to
    // a further element is the right one.
    private (uint Tag, string Type, uint Length) ReadUntyped(uint tag)
    {
        var plain = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_at..]);
        var narrow = BinaryPrimitives.ReadUInt16LittleEndian(_bytes[(_at + 2)..]);
        _at += 4;
        if (IsFollowed(tag, plain)) return (tag, "", plain);
        return IsFollowed(tag, narrow)
            ? (tag, "", narrow)
            : throw Error(tag, "the element has an invalid value representation, so the DICOM file cannot be read on");
    }

    private readonly bool IsFollowed(uint tag, uint length)
    {
        var next = _at + (long)length;
        if (next == _bytes.Length) return true;
        if (next > _bytes.Length - 8) return false;
        var following = TagOf(_bytes[(int)next..]);
        return following > tag && (following >> 16) - (tag >> 16) < 0x8000;
    }

    private uint ReadTag()
    {
        var tag = TagOf(_bytes[_at..]);
        _at += 4;
        return tag;
    }

    private static uint TagOf(ReadOnlySpan<byte> element) =>
        ((uint)BinaryPrimitives.ReadUInt16LittleEndian(element) << 16) | BinaryPrimitives.ReadUInt16LittleEndian(element[2..]);

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
