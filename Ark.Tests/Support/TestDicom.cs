using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Ark.Tests;

/// <summary>Writes DICOM files with explicit types, element by element, also ones that no device would write.</summary>
internal sealed class TestDicom
{
    public const string Explicit = "1.2.840.10008.1.2.1", Rle = "1.2.840.10008.1.2.5", Jpeg = "1.2.840.10008.1.2.4.50";

    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly string _syntax;

    public TestDicom(string syntax = Explicit) => _syntax = syntax;

    /// <summary>A grey image without its pixel data.</summary>
    public static TestDicom Grey(
        int rows, int columns, int bits = 12, int allocated = 16, string syntax = Explicit,
        string photometric = "MONOCHROME2") => new TestDicom(syntax)
        .Text(0x00100010, "PN", "Secret^Name").Text(0x00100020, "LO", "SECRET-ID")
        .Number(0x00280002, 1).Text(0x00280004, "CS", photometric).Number(0x00280010, rows).Number(0x00280011, columns)
        .Number(0x00280100, allocated).Number(0x00280101, bits).Number(0x00280102, bits - 1).Number(0x00280103, 0);

    public TestDicom Number(uint tag, int value) => Element(tag, "US", [(byte)value, (byte)(value >> 8)]);

    public TestDicom Text(uint tag, string type, string value) =>
        Element(tag, type, Encoding.Latin1.GetBytes(value.Length % 2 == 0 ? value : value + " "));

    public TestDicom Element(uint tag, string type, byte[] value) => Header(tag, type, (uint)value.Length).Raw(value);

    /// <summary>The header of an element whose length may be a lie.</summary>
    public TestDicom Header(uint tag, string type, uint length)
    {
        Tag(tag);
        _body.Write(Encoding.ASCII.GetBytes(type));
        Span<byte> number = stackalloc byte[4];
        if (type is "OB" or "OW" or "SQ" or "UN")
        {
            _body.Write((ReadOnlySpan<byte>)[0, 0]);
            BinaryPrimitives.WriteUInt32LittleEndian(number, length);
            _body.Write<byte>(number);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)length);
            _body.Write<byte>(number[..2]);
        }

        return this;
    }

    /// <summary>The header of an item, or of an end of items or of a sequence.</summary>
    public TestDicom Item(uint tag, uint length)
    {
        Tag(tag);
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(number, length);
        _body.Write<byte>(number);
        return this;
    }

    public TestDicom Raw(params ReadOnlySpan<byte> bytes)
    {
        _body.Write(bytes);
        return this;
    }

    /// <summary>Encapsulated pixel data: an empty table of offsets and the fragments.</summary>
    public TestDicom Fragments(params byte[][] fragments)
    {
        Header(0x7FE00010, "OB", uint.MaxValue).Item(0xFFFEE000, 0);
        foreach (var fragment in fragments) Item(0xFFFEE000, (uint)fragment.Length).Raw(fragment);
        return Item(0xFFFEE0DD, 0);
    }

    /// <summary>Native pixel data.</summary>
    public TestDicom Pixels(params byte[] samples) => Element(0x7FE00010, "OW", samples);

    public byte[] ToArray()
    {
        var meta = new TestDicom().Text(0x00020010, "UI", _syntax.Length % 2 == 0 ? _syntax : _syntax + "\0")._body.WrittenSpan.ToArray();
        return [.. new byte[128], .. "DICM"u8, .. meta, .. _body.WrittenSpan.ToArray()];
    }

    private void Tag(uint tag) => _body.Write((ReadOnlySpan<byte>)[(byte)(tag >> 16), (byte)(tag >> 24), (byte)tag, (byte)(tag >> 8)]);
}
