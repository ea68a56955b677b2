using System.Buffers.Binary;
using System.Numerics;

namespace Ark.Data;

/// <summary>A look-up table of a DICOM file (modality or values of interest).</summary>
internal sealed class DicomLookup
{
    private readonly ReadOnlyMemory<byte> _data;
    private readonly int _first;
    private readonly int _count;
    private readonly bool _wide;

    private DicomLookup(DicomDataSet item, bool signedInput)
    {
        var descriptor = item.Bytes(DicomTag.LutDescriptor).Span;
        if (descriptor.Length < 6) throw item.Error(DicomTag.LutDescriptor, "the DICOM look-up table has no descriptor");
        _count = BinaryPrimitives.ReadUInt16LittleEndian(descriptor) is var entries and not 0 ? entries : 65536;
        var signed = item.IsSigned(DicomTag.LutDescriptor) || signedInput;
        _first = signed
            ? BinaryPrimitives.ReadInt16LittleEndian(descriptor[2..])
            : BinaryPrimitives.ReadUInt16LittleEndian(descriptor[2..]);
        var bits = BinaryPrimitives.ReadUInt16LittleEndian(descriptor[4..]);
        if (bits is < 8 or > 16) throw item.Error(DicomTag.LutDescriptor, $"a look-up table of {bits} bits is unsupported");
        _data = item.Bytes(DicomTag.LutData);
        _wide = _data.Length >= _count * 2;
        if (!_wide && _data.Length < _count)
            throw item.Error(DicomTag.LutData, $"the DICOM look-up table has {_data.Length} bytes, too short for its {_count} entries");
        var largest = 0;
        for (var i = 0; i < _count; i++) largest = Math.Max(largest, Entry(i));
        // Descriptors lie: tables of 12 bits say 16, and some say 8 over entries of more.
        var needed = Math.Max(8, 32 - BitOperations.LeadingZeroCount((uint)largest));
        White = (1 << needed) - 1;
    }

    /// <summary>What a white entry has: the largest number of the bits that the entries need, whatever the table says of itself.</summary>
    public int White { get; }

    /// <summary>The table of a sequence's first item, or <see langword="null"/>.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="sequence">The sequence.</param>
    /// <param name="signedInput">Whether the values that are looked up have a sign.</param>
    public static DicomLookup? Of(DicomDataSet data, uint sequence, bool signedInput) =>
        data.FirstOf(sequence) is { } item && item.Has(DicomTag.LutData) ? new DicomLookup(item, signedInput) : null;

    /// <summary>The entry of a value; values beyond an end have that end's.</summary>
    public int this[double value] => Entry((int)Math.Clamp(value - _first, 0, _count - 1));

    private int Entry(int index) =>
        _wide ? BinaryPrimitives.ReadUInt16LittleEndian(_data.Span[(2 * index)..]) : _data.Span[index];
}
