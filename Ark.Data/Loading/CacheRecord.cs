using System.Buffers.Binary;

namespace Ark.Data;

/// <summary>The head of an entry: an image's size and pixels' checksum, or (with no size) a name for an entry.</summary>
/// <param name="Key">What it is found by.</param>
/// <param name="Width">Columns; 0 for a name.</param>
/// <param name="Height">Rows; 0 for a name.</param>
/// <param name="Channels">1 or 3; 0 for a name.</param>
internal readonly record struct CacheRecord(UInt128 Key, int Width, int Height, int Channels)
{
    public const int Length = 48;

    private const uint Mark = 0x43455241;
    private const int AliasLength = 16;

    public bool IsAlias => Channels == 0;

    public long PayloadLength => IsAlias ? AliasLength : (long)Width * Height * Channels;

    /// <summary>The checksum of the payload.</summary>
    public uint Checksum { get; init; }

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Mark);
        BinaryPrimitives.WriteUInt128LittleEndian(destination[4..], Key);
        BinaryPrimitives.WriteInt32LittleEndian(destination[20..], Width);
        BinaryPrimitives.WriteInt32LittleEndian(destination[24..], Height);
        BinaryPrimitives.WriteInt32LittleEndian(destination[28..], Channels);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[32..], Checksum);
        destination[36..44].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(destination[44..], Crc32.Append(destination[..44]));
    }

    public static bool TryRead(ReadOnlySpan<byte> source, out CacheRecord record)
    {
        record = default;
        if (BinaryPrimitives.ReadUInt32LittleEndian(source) != Mark
            || BinaryPrimitives.ReadUInt32LittleEndian(source[44..]) != Crc32.Append(source[..44]))
            return false;
        record = new CacheRecord(
            BinaryPrimitives.ReadUInt128LittleEndian(source[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[20..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[24..]),
            BinaryPrimitives.ReadInt32LittleEndian(source[28..]))
        {
            Checksum = BinaryPrimitives.ReadUInt32LittleEndian(source[32..]),
        };
        var isImage = record is { Width: >= 1 and <= 65_535, Height: >= 1 and <= 65_535, Channels: 1 or 3 };
        return isImage || record is { Width: 0, Height: 0, Channels: 0 };
    }
}
