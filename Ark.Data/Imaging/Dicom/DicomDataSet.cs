using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Ark.Data;

/// <summary>The wanted attributes of a DICOM data set or of an item of a sequence: slices of the file, not copies.</summary>
/// <param name="name">The image, for messages.</param>
internal sealed class DicomDataSet(string name)
{
    private const int MaxTextLength = 256;

    private readonly Dictionary<uint, (ReadOnlyMemory<byte> Value, bool Signed)> _values = [];
    private readonly Dictionary<uint, List<DicomDataSet>> _sequences = [];

    /// <summary>Where the encapsulated fragments of the pixel data start; <see langword="null"/> where the pixels lie plain.</summary>
    public ReadOnlyMemory<byte>? Fragments { get; set; }

    public void Add(uint tag, ReadOnlyMemory<byte> value, bool signed)
    {
        if (!_values.TryAdd(tag, (value, signed))) throw Error(tag, "occurs twice, which is invalid");
    }

    public void Add(uint tag, List<DicomDataSet> items)
    {
        if (!_sequences.TryAdd(tag, items)) throw Error(tag, "occurs twice, which is invalid");
    }

    public bool Has(uint tag) => _values.ContainsKey(tag);

    public ReadOnlyMemory<byte> Bytes(uint tag) => _values.TryGetValue(tag, out var found) ? found.Value : default;

    /// <summary>Whether an attribute was written as signed numbers.</summary>
    public bool IsSigned(uint tag) => _values.TryGetValue(tag, out var found) && found.Signed;

    /// <summary>The first item of a sequence, or <see langword="null"/>.</summary>
    public DicomDataSet? FirstOf(uint sequence) => _sequences.TryGetValue(sequence, out var items) && items.Count > 0 ? items[0] : null;

    /// <summary>An unsigned 16-bit number.</summary>
    public int Number(uint tag, string what, int? otherwise = null)
    {
        var bytes = Bytes(tag).Span;
        if (bytes.Length >= 2) return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        return otherwise ?? throw Error(tag, $"{what} are missing, so this DICOM file holds no image");
    }

    /// <summary>One of several decimal numbers in text; <see langword="null"/> where the attribute has no such value.</summary>
    public double? Decimal(uint tag, int index = 0)
    {
        var text = Text(tag, index);
        if (text.Length == 0) return null;
        // Some devices write numbers as their country does.
        return double.TryParse(text.Replace(',', '.'), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && double.IsFinite(value)
            ? value
            : throw Error(tag, "is invalid: no decimal number");
    }

    /// <summary>One of several values of text, without padding; empty where there are not as many.</summary>
    public string Text(uint tag, int index = 0)
    {
        var bytes = Bytes(tag).Span;
        for (; index > 0; index--)
        {
            var next = bytes.IndexOf((byte)'\\');
            bytes = next < 0 ? default : bytes[(next + 1)..];
        }

        var end = bytes.IndexOf((byte)'\\');
        if (end >= 0) bytes = bytes[..end];
        if (bytes.Length > MaxTextLength) throw Error(tag, "is too large for a text of this length");
        return Encoding.Latin1.GetString(bytes).Trim(' ', '\0');
    }

    public ArkInputException Error(uint tag, string problem, string? hint = null) => new(name, $"tag {DicomTag.Text(tag)}", problem, hint);
}
