using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Ark.Fuzz;

/// <summary>DICOM files element by element, with right lengths, or with lengths that lie where that is what is tried.</summary>
internal static class DicomElements
{
    private const int Preamble = 132;

    private static readonly uint[] Tags =
    [
        0x00020010, 0x00080005, 0x00080008, 0x00080016, 0x00180050, 0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010, 0x00280011,
        0x00280034, 0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x00280106, 0x00280107, 0x00280120, 0x00281040, 0x00281050, 0x00281051,
        0x00281052, 0x00281053, 0x00281054, 0x00281055, 0x00281056, 0x00281101, 0x00281201, 0x00281221, 0x00283000, 0x00283002, 0x00283003,
        0x00283006, 0x00283010, 0x20500010, 0x20500020, 0x7FE00008, 0x7FE00010, 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD, 0xFFFCFFFC, 0x00091001,
        0x60003000,
    ];

    private static readonly string[] Types =
    [
        "US", "SS", "CS", "DS", "IS", "UI", "OB", "OW", "SQ", "UN", "LO", "LT", "OF", "UT", "FD", "FL", "AT", "PN", "UC", "UR", "OD", "OL",
        "OV", "UL", "SL", "??", "  ", "\0\0", "us",
    ];

    private static readonly string[] Syntaxes =
    [
        "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5", "",
    ];

    private static readonly string[] Words =
    [
        "MONOCHROME1 ", "MONOCHROME2 ", "RGB ", "YBR_FULL", "YBR_FULL_422", "PALETTE COLOR ", "LINEAR", "SIGMOID ", "LINEAR_EXACT",
        "INVERSE ", "IDENTITY", "1\\2\\3\\4 ", "1e400 ", "-1e400", "NaN ", "0 ", "1 ", "0.0001", "1,5 ", "-1", "\\\\",
        "99999999999999999999 ",
    ];

    public static byte[] Mutate(byte[] dicom, IReadOnlyList<byte[]> others, RandomStream random)
    {
        var elements = Read(dicom);
        if (elements.Count < 2) return ByteMutations.Apply(dicom, others, random);
        for (var change = Extremes.FurtherChanges(random); change >= 0 && elements.Count > 0; change--)
        {
            var at = random.NextInt32(elements.Count);
            var element = elements[at];
            switch (random.NextInt32(14))
            {
                case 0:
                    elements.RemoveAt(at);
                    break;
                case 1:
                    elements.InsertRange(at, Enumerable.Repeat(element, 1 + random.NextInt32(random.Chance(0.1) ? 200 : 2)));
                    break;
                case 2:
                    elements[at] = element with { Tag = Tags[random.NextInt32(Tags.Length)] };
                    break;
                case 3:
                    elements[at] = element with { Type = Types[random.NextInt32(Types.Length)] };
                    break;
                case 4:
                    elements[at] = element with { Length = (uint)Extremes.Whole(random) };
                    break;
                case 5:
                    elements[at] = element with { Length = uint.MaxValue };
                    break;
                case 6:
                    var other = Read(others[random.NextInt32(others.Count)]);
                    if (other.Count > 0) elements.Insert(at, other[random.NextInt32(other.Count)] with { IsLong = element.IsLong });
                    break;
                case 7:
                    elements.Insert(at, new Element(
                        Tags[random.NextInt32(Tags.Length)], Types[random.NextInt32(Types.Length)], Sequence(random), IsLong: true));
                    break;
                case 8:
                    var syntax = Encoding.ASCII.GetBytes(Syntaxes[random.NextInt32(Syntaxes.Length)] + "\0");
                    var place = elements.FindIndex(e => e.Tag == 0x00020010);
                    if (place >= 0) elements[place] = elements[place] with { Value = syntax[..(syntax.Length / 2 * 2)], Length = null };
                    break;
                case 9 or 10 when element.Value.Length == 2:
                    var number = new byte[2];
                    BinaryPrimitives.WriteInt16LittleEndian(number, (short)(random.Chance(0.5)
                        ? random.NextInt32(40)
                        : Extremes.Whole(random)));
                    elements[at] = element with { Value = number, Length = null };
                    break;
                case 11:
                    elements[at] = element with { Value = Encoding.ASCII.GetBytes(Word(random)), Length = null };
                    break;
                case 12:
                    var second = random.NextInt32(elements.Count);
                    (elements[at], elements[second]) = (elements[second], elements[at]);
                    break;
                default:
                    elements[at] = element with { Value = ByteMutations.Apply(element.Value, [element.Value], random), Length = null };
                    break;
            }
        }

        return Write(dicom.AsSpan(0, Math.Min(Preamble, dicom.Length)), elements);
    }

    private static string Word(RandomStream random) => random.NextInt32(3) switch
    {
        0 => Extremes.Whole(random).ToString(CultureInfo.InvariantCulture),
        1 => Words[random.NextInt32(Words.Length)] + "\\" + Words[random.NextInt32(Words.Length)],
        _ => Words[random.NextInt32(Words.Length)],
    };

    // Items, nested, of defined and undefined length; also what a table for pixels may look like.
    private static byte[] Sequence(RandomStream random)
    {
        using var stream = new MemoryStream();
        var depth = random.NextInt32(random.Chance(0.1) ? 500 : 4);
        for (var level = 0; level <= depth; level++)
        {
            Item(stream, 0xFFFEE000, random.Chance(0.5) ? uint.MaxValue : (uint)random.NextInt32(200));
            if (random.Chance(0.7))
            {
                Item(stream, 0x00283002, BinaryPrimitives.ReadUInt32LittleEndian("US\u0006\0"u8));
                stream.Write(Extremes.Bytes(6, random));
            }

            if (random.Chance(0.5))
            {
                Item(stream, 0x00283010, BinaryPrimitives.ReadUInt32LittleEndian("SQ\0\0"u8));
                stream.Write(BitConverter.GetBytes(uint.MaxValue));
            }
        }

        for (var level = 0; level <= depth; level++)
        {
            Item(stream, 0xFFFEE00D, 0);
            Item(stream, 0xFFFEE0DD, 0);
        }

        return stream.ToArray();
    }

    private static void Item(MemoryStream stream, uint tag, uint length)
    {
        stream.Write([(byte)(tag >> 16), (byte)(tag >> 24), (byte)tag, (byte)(tag >> 8)]);
        stream.Write(BitConverter.GetBytes(length));
    }

    private static List<Element> Read(byte[] dicom)
    {
        var elements = new List<Element>();
        if (dicom.Length < Preamble || !dicom.AsSpan(128, 4).SequenceEqual("DICM"u8)) return elements;
        for (var at = Preamble; at + 8 <= dicom.Length;)
        {
            var tag = ((uint)BinaryPrimitives.ReadUInt16LittleEndian(dicom.AsSpan(at)) << 16)
                | BinaryPrimitives.ReadUInt16LittleEndian(dicom.AsSpan(at + 2));
            var type = Encoding.Latin1.GetString(dicom, at + 4, 2);
            var isExplicit = char.IsAsciiLetterUpper(type[0]) && char.IsAsciiLetterUpper(type[1]);
            var isLong = isExplicit && type is "OB" or "OW" or "SQ" or "UN" or "OF" or "UT" or "UC" or "UR" or "OD" or "OL" or "OV";
            var head = isLong ? 12 : 8;
            if (at + head > dicom.Length) break;
            var length = !isExplicit ? BinaryPrimitives.ReadUInt32LittleEndian(dicom.AsSpan(at + 4))
                : isLong ? BinaryPrimitives.ReadUInt32LittleEndian(dicom.AsSpan(at + 8))
                : BinaryPrimitives.ReadUInt16LittleEndian(dicom.AsSpan(at + 6));
            // All the rest belongs to a value without a length, or with one that lies.
            var isWhole = length <= dicom.Length - at - head;
            var value = dicom.AsSpan(at + head, isWhole ? (int)length : dicom.Length - at - head).ToArray();
            elements.Add(new Element(tag, isExplicit ? type : "", value, isLong) { Length = isWhole ? null : length });
            at += head + value.Length;
        }

        return elements;
    }

    private static byte[] Write(ReadOnlySpan<byte> preamble, List<Element> elements)
    {
        using var file = new MemoryStream();
        file.Write(preamble);
        foreach (var element in elements)
        {
            var (tag, type, value, isLong) = element;
            var given = element.Length ?? (uint)value.Length;
            file.Write([(byte)(tag >> 16), (byte)(tag >> 24), (byte)tag, (byte)(tag >> 8)]);
            if (type.Length == 2) file.Write(Encoding.Latin1.GetBytes(type));
            if (type.Length == 2 && isLong) file.Write([0, 0]);
            if (type.Length == 2 && !isLong) file.Write(BitConverter.GetBytes((ushort)given));
            else file.Write(BitConverter.GetBytes(given));
            file.Write(value);
        }

        return file.ToArray();
    }

    private sealed record Element(uint Tag, string Type, byte[] Value, bool IsLong)
    {
        /// <summary>A length that is not the value's.</summary>
        public uint? Length { get; init; }
    }
}
