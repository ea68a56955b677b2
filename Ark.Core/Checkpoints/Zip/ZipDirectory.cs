using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Ark;

/// <summary>
/// Finds where a zip archive's directory lies, from the records at its end. Stricter than common tools, because ambiguous archives
/// show different contents to different readers.
/// </summary>
/// <param name="Offset">Where the directory begins.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Count">How many entries it claims.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ZipDirectory(long Offset, long Size, long Count)
{
    private const int EndSize = 22;
    private const int LocatorSize = 20;
    private const int Zip64EndSize = 56;
    private const int MaxCommentLength = 65535;

    public static ZipDirectory Find(FileSlice archive)
    {
        var tail = new byte[(int)Math.Min(archive.Length, EndSize + MaxCommentLength)];
        var tailStart = archive.Length - tail.Length;
        archive.ReadExactly(tailStart, tail, "end of the zip archive");
        for (var i = tail.Length - EndSize; i >= 0; i--)
        {
            var record = tail.AsSpan(i);
            if (BinaryPrimitives.ReadUInt32LittleEndian(record) != 0x06054b50) continue;
            if (BinaryPrimitives.ReadUInt16LittleEndian(record[20..]) != record.Length - EndSize) continue;
            return Read(archive, record, tailStart + i);
        }

        throw Error(archive, "has no central directory: the zip archive is truncated or corrupt");
    }

    private static ZipDirectory Read(FileSlice archive, ReadOnlySpan<byte> end, long position)
    {
        var disks = BinaryPrimitives.ReadUInt32LittleEndian(end[4..]);
        var onDisk = BinaryPrimitives.ReadUInt16LittleEndian(end[8..]);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        if (disks is not (0 or uint.MaxValue)) throw Error(archive, "the zip archive is spread over several disks");
        if (onDisk != count) throw Error(archive, "the zip archive's end record contradicts itself (entry counts mismatch)");
        Span<byte> locator = stackalloc byte[LocatorSize];
        if (position >= LocatorSize)
        {
            archive.ReadExactly(position - LocatorSize, locator, "end of the zip archive");
            if (BinaryPrimitives.ReadUInt32LittleEndian(locator) == 0x07064b50)
                return Read64(archive, locator, position - LocatorSize, count, size, offset);
        }

        if (count == ushort.MaxValue || size == uint.MaxValue || offset == uint.MaxValue)
            throw Error(archive, "the zip archive's zip64 end record is missing or truncated");
        return Check(archive, new ZipDirectory(offset, size, count), position);
    }

    private static ZipDirectory Read64(
        FileSlice archive, ReadOnlySpan<byte> locator, long locatorStart, ushort count, uint size, uint offset)
    {
        var position = BinaryPrimitives.ReadUInt64LittleEndian(locator[8..]);
        if (locatorStart < Zip64EndSize || position > (ulong)(locatorStart - Zip64EndSize))
            throw Error(archive, $"the zip64 locator points out of the archive (to {position})");
        Span<byte> record = stackalloc byte[Zip64EndSize];
        archive.ReadExactly((long)position, record, "zip64 end record");
        if (BinaryPrimitives.ReadUInt32LittleEndian(record) != 0x06064b50)
            throw Error(archive, "the zip64 end record is missing where its locator points");
        if (BinaryPrimitives.ReadUInt64LittleEndian(record[4..]) != (ulong)locatorStart - position - 12)
            throw Error(archive, "the zip64 end record does not reach to its locator: the archive is ambiguous");
        var count64 = BinaryPrimitives.ReadUInt64LittleEndian(record[32..]);
        var size64 = BinaryPrimitives.ReadUInt64LittleEndian(record[40..]);
        var offset64 = BinaryPrimitives.ReadUInt64LittleEndian(record[48..]);
        if (BinaryPrimitives.ReadUInt64LittleEndian(record[24..]) != count64)
            throw Error(archive, "the zip64 end record contradicts itself (entry counts mismatch)");
        // Where the old fields hold a value, it must be the same one: else two readers would see two archives.
        if ((count != ushort.MaxValue && count != count64)
            || (size != uint.MaxValue && size != size64)
            || (offset != uint.MaxValue && offset != offset64))
            throw Error(archive, "the zip archive's two end records contradict each other (mismatch)");
        if (count64 > long.MaxValue || size64 > long.MaxValue || offset64 > long.MaxValue)
            throw Error(archive, "the zip64 end record's sizes are too large");
        return Check(archive, new ZipDirectory((long)offset64, (long)size64, (long)count64), (long)position);
    }

    private static ZipDirectory Check(FileSlice archive, ZipDirectory found, long recordStart)
    {
        if (found.Offset > recordStart || found.Size > recordStart - found.Offset)
            throw Error(archive, "the zip archive's central directory reaches past its end: truncated or corrupt");
        if (found.Offset + found.Size != recordStart)
            throw Error(
                archive,
                $"the zip archive has {recordStart - found.Offset - found.Size} bytes between its directory and its end: it is ambiguous, "
                + "for another archive may be there");
        if (found.Count > found.Size / ZipIndex.DirectoryHeaderSize)
            throw Error(archive, $"the zip archive claims {found.Count} entries in a central directory of {found.Size} bytes");
        return found;
    }

    private static CheckpointException Error(FileSlice archive, string problem) => new(archive.Path, null, problem);
}
