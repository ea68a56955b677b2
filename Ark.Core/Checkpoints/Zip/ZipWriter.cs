using System.Buffers.Binary;
using System.Text;

namespace Ark;

/// <summary>
/// Writes a zip archive of stored entries as PyTorch does: data aligned to 64 bytes, no time stamps, zip64 records at the end.
/// The same content gives the same bytes.
/// </summary>
internal sealed class ZipWriter(Stream stream)
{
    private const int Alignment = 64;
    private const ushort Utf8Names = 0x800;
    private readonly List<(byte[] Name, uint Crc, long Size, long Offset)> _entries = [];
    private long _position;

    /// <summary>Adds an entry whose bytes are in memory.</summary>
    public void Add(string name, ReadOnlySpan<byte> content)
    {
        Begin(name, Crc32.Append(content), content.Length);
        stream.Write(content);
        _position += content.Length;
    }

    /// <summary>Adds an entry whose bytes are written by the caller, exactly as many as announced.</summary>
    public void Add(string name, uint crc, long size, Action<Stream> write)
    {
        Begin(name, crc, size);
        write(stream);
        _position += size;
    }

    /// <summary>Writes the directory and the end records.</summary>
    public void Finish()
    {
        var start = _position;
        foreach (var entry in _entries) WriteDirectoryEntry(entry);
        var size = _position - start;
        var end = new byte[56 + 20 + 22];
        var zip64 = end.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(zip64, 0x06064b50);
        BinaryPrimitives.WriteInt64LittleEndian(zip64[4..], 44);
        BinaryPrimitives.WriteUInt16LittleEndian(zip64[12..], 45);
        BinaryPrimitives.WriteUInt16LittleEndian(zip64[14..], 45);
        BinaryPrimitives.WriteInt64LittleEndian(zip64[24..], _entries.Count);
        BinaryPrimitives.WriteInt64LittleEndian(zip64[32..], _entries.Count);
        BinaryPrimitives.WriteInt64LittleEndian(zip64[40..], size);
        BinaryPrimitives.WriteInt64LittleEndian(zip64[48..], start);
        var locator = zip64[56..];
        BinaryPrimitives.WriteUInt32LittleEndian(locator, 0x07064b50);
        BinaryPrimitives.WriteInt64LittleEndian(locator[8..], _position);
        BinaryPrimitives.WriteUInt32LittleEndian(locator[16..], 1);
        var old = locator[20..];
        BinaryPrimitives.WriteUInt32LittleEndian(old, 0x06054b50);
        BinaryPrimitives.WriteUInt16LittleEndian(old[8..], (ushort)Math.Min(_entries.Count, ushort.MaxValue));
        BinaryPrimitives.WriteUInt16LittleEndian(old[10..], (ushort)Math.Min(_entries.Count, ushort.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(old[12..], Clamp(size));
        BinaryPrimitives.WriteUInt32LittleEndian(old[16..], Clamp(start));
        stream.Write(end);
    }

    private void Begin(string name, uint crc, long size)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        _entries.Add((bytes, crc, size, _position));
        var large = size >= uint.MaxValue;
        var zip64 = large ? 20 : 0;
        // The padding stands in an extra field, as PyTorch's own does ("FB"); a field takes at least 4 bytes.
        var unpadded = _position + 30 + bytes.Length + zip64 + 4;
        var padding = (int)((Alignment - (unpadded % Alignment)) % Alignment);
        var header = new byte[30 + bytes.Length + zip64 + 4 + padding];
        var span = header.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(span, 0x04034b50);
        BinaryPrimitives.WriteUInt16LittleEndian(span[4..], large ? (ushort)45 : (ushort)0);
        BinaryPrimitives.WriteUInt16LittleEndian(span[6..], Utf8Names);
        BinaryPrimitives.WriteUInt32LittleEndian(span[14..], crc);
        BinaryPrimitives.WriteUInt32LittleEndian(span[18..], Clamp(size));
        BinaryPrimitives.WriteUInt32LittleEndian(span[22..], Clamp(size));
        BinaryPrimitives.WriteUInt16LittleEndian(span[26..], (ushort)bytes.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(span[28..], (ushort)(header.Length - 30 - bytes.Length));
        bytes.CopyTo(span[30..]);
        var extra = span[(30 + bytes.Length)..];
        if (large)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(extra, 1);
            BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], 16);
            BinaryPrimitives.WriteInt64LittleEndian(extra[4..], size);
            BinaryPrimitives.WriteInt64LittleEndian(extra[12..], size);
            extra = extra[20..];
        }

        extra[0] = (byte)'F';
        extra[1] = (byte)'B';
        BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], (ushort)padding);
        extra[4..].Fill((byte)'Z');
        stream.Write(header);
        _position += header.Length;
    }

    private void WriteDirectoryEntry((byte[] Name, uint Crc, long Size, long Offset) entry)
    {
        var sizes = entry.Size >= uint.MaxValue;
        var far = entry.Offset >= uint.MaxValue;
        var fields = (sizes ? 16 : 0) + (far ? 8 : 0);
        var header = new byte[46 + entry.Name.Length + (fields > 0 ? 4 + fields : 0)];
        var span = header.AsSpan();
        BinaryPrimitives.WriteUInt32LittleEndian(span, 0x02014b50);
        BinaryPrimitives.WriteUInt16LittleEndian(span[6..], fields > 0 ? (ushort)45 : (ushort)0);
        BinaryPrimitives.WriteUInt16LittleEndian(span[8..], Utf8Names);
        BinaryPrimitives.WriteUInt32LittleEndian(span[16..], entry.Crc);
        BinaryPrimitives.WriteUInt32LittleEndian(span[20..], Clamp(entry.Size));
        BinaryPrimitives.WriteUInt32LittleEndian(span[24..], Clamp(entry.Size));
        BinaryPrimitives.WriteUInt16LittleEndian(span[28..], (ushort)entry.Name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(span[30..], (ushort)(fields > 0 ? 4 + fields : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(span[42..], Clamp(entry.Offset));
        entry.Name.CopyTo(span[46..]);
        if (fields > 0)
        {
            var extra = span[(46 + entry.Name.Length)..];
            BinaryPrimitives.WriteUInt16LittleEndian(extra, 1);
            BinaryPrimitives.WriteUInt16LittleEndian(extra[2..], (ushort)fields);
            extra = extra[4..];
            if (sizes)
            {
                BinaryPrimitives.WriteInt64LittleEndian(extra, entry.Size);
                BinaryPrimitives.WriteInt64LittleEndian(extra[8..], entry.Size);
                extra = extra[16..];
            }

            if (far) BinaryPrimitives.WriteInt64LittleEndian(extra, entry.Offset);
        }

        stream.Write(header);
        _position += header.Length;
    }

    private static uint Clamp(long value) => value >= uint.MaxValue ? uint.MaxValue : (uint)value;
}
