using System.Buffers.Binary;
using System.Text;

namespace Ark;

/// <summary>The entries of a zip archive by name, with every bound checked; reads only the directory and the entries' headers.</summary>
internal sealed class ZipIndex
{
    internal const int DirectoryHeaderSize = 46;
    private const int LocalHeaderSize = 30;
    private const int MaxEntries = 500_000;
    private const int MaxDirectoryBytes = 64 << 20;

    // A real model deflates to no less than half, zeros to a thousandth. What is inflated is bounded by what was sent.
    private const long FreeInflation = 64L << 20;
    private const long MaxRatio = 20;

    private readonly FileSlice _archive;
    private readonly Dictionary<string, ZipEntry> _entries = new(StringComparer.Ordinal);

    private ZipIndex(FileSlice archive) => _archive = archive;

    /// <summary>The entries, in the order of the directory.</summary>
    public IReadOnlyCollection<ZipEntry> Entries => _entries.Values;

    /// <summary>The entry of exactly that name, or <see langword="null"/>.</summary>
    public ZipEntry? Find(string name) => _entries.GetValueOrDefault(name);

    /// <summary>Reads the index of an archive.</summary>
    public static ZipIndex Read(FileSlice archive)
    {
        var directory = ZipDirectory.Find(archive);
        if (directory.Count > MaxEntries)
            throw new CheckpointException(archive.Path, null, $"the zip archive has {directory.Count} entries; the limit is {MaxEntries}");
        if (directory.Size > MaxDirectoryBytes)
            throw new CheckpointException(
                archive.Path,
                null,
                $"the zip archive's central directory of {directory.Size} bytes is too large; the limit is {MaxDirectoryBytes}");
        var bytes = new byte[directory.Size];
        archive.ReadExactly(directory.Offset, bytes, "central directory of the zip archive");
        var index = new ZipIndex(archive);
        var spans = new List<Extent>((int)directory.Count);
        var rest = bytes.AsSpan();
        for (long i = 0; i < directory.Count; i++) rest = index.Add(rest, directory.Offset, spans);
        if (rest.Length > 0) throw index.Error(null, $"the central directory has {rest.Length} bytes more than its entries need");
        index.CheckTiling(spans, directory.Offset);
        index.CheckInflation();
        return index;
    }

    private Span<byte> Add(Span<byte> rest, long directoryStart, List<Extent> spans)
    {
        if (rest.Length < DirectoryHeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(rest) != 0x02014b50)
            throw Error(null, "the central directory is truncated or corrupt");
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(rest[8..]);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(rest[10..]);
        var crc = BinaryPrimitives.ReadUInt32LittleEndian(rest[16..]);
        var compressed = BinaryPrimitives.ReadUInt32LittleEndian(rest[20..]);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(rest[24..]);
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[28..]);
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[30..]);
        var commentLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[32..]);
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(rest[42..]);
        var total = DirectoryHeaderSize + nameLength + extraLength + commentLength;
        if (rest.Length < total) throw Error(null, "an entry of the central directory is truncated or corrupt");
        var rawName = rest.Slice(DirectoryHeaderSize, nameLength);
        var name = Encoding.UTF8.GetString(rawName);
        if (name.AsSpan().ContainsAnyInRange('\0', '\x1f')) throw Error(name, "its name has control characters: the archive is invalid");
        if (Climbs(name)) throw Error(name, "its name is absolute or leads out of the archive: invalid");
        if ((flags & 0x2041) != 0) throw Error(name, "is encrypted");
        if (method is not (0 or 8)) throw Error(name, $"uses compression method {method}; stored and deflated entries are supported");
        var (size64, compressed64, offset64) = ReadZip64(
            rest.Slice(DirectoryHeaderSize + nameLength, extraLength), name, size, compressed, offset);
        if (method == 0 && size64 != compressed64) throw Error(name, $"is stored, but its two sizes differ ({compressed64} and {size64})");
        var start = CheckLocalHeader(name, rawName, method, flags, crc, size, compressed, offset64, directoryStart);
        if (compressed64 > directoryStart - start)
            throw Error(name, $"is truncated: its {compressed64} bytes reach past the end of the archive's data");
        if (!_entries.TryAdd(name, new ZipEntry(name, crc, compressed64, size64, method == 8, start)))
            throw Error(name, "is a duplicate: the archive has two entries of that name");
        spans.Add(new Extent(offset64, start + compressed64, (flags & 8) != 0, name));
        return rest[total..];
    }

    private long CheckLocalHeader(
        string name, ReadOnlySpan<byte> rawName, ushort method, ushort flags, uint crc, uint size, uint compressed, long offset, long limit)
    {
        if (offset > limit - LocalHeaderSize) throw Error(name, $"its header offset {offset} is out of range");
        var buffer = new byte[LocalHeaderSize + rawName.Length];
        if (buffer.Length > limit - offset) throw Error(name, "its header is truncated");
        _archive.ReadExactly(offset, buffer, $"entry '{name}'");
        ReadOnlySpan<byte> header = buffer;
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != 0x04034b50)
            throw Error(name, "its header is missing where the directory says it is");
        // With bit 3 the sizes stand behind the data; what stands here then means nothing.
        var deferred = (flags & 8) != 0;
        if (BinaryPrimitives.ReadUInt16LittleEndian(header[8..]) != method
            || BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) != rawName.Length
            || !header[LocalHeaderSize..].SequenceEqual(rawName)
            || (!deferred && BinaryPrimitives.ReadUInt32LittleEndian(header[14..]) != crc)
            || (!deferred && Contradicts(BinaryPrimitives.ReadUInt32LittleEndian(header[18..]), compressed))
            || (!deferred && Contradicts(BinaryPrimitives.ReadUInt32LittleEndian(header[22..]), size)))
        {
            throw Error(name, "its header and the central directory contradict each other (mismatch)");
        }

        var start = offset + buffer.Length + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        return start <= limit ? start : throw Error(name, "its extra field reaches past the end of the archive's data");
    }

    // Nothing is unpacked here, but other tools unpack: no real archive has such names.
    private static bool Climbs(ReadOnlySpan<char> name)
    {
        if (name is ['/' or '\\', ..] or [_, ':', ..]) return true;
        foreach (var part in name.SplitAny('/', '\\'))
            if (name[part] is "..") return true;
        return false;
    }

    private static bool Contradicts(uint local, uint central) => local != central && local != uint.MaxValue && central != uint.MaxValue;

    private (long Size, long Compressed, long Offset) ReadZip64(
        ReadOnlySpan<byte> extra, string name, uint size, uint compressed, uint offset)
    {
        (ulong Size, ulong Compressed, ulong Offset) result = (size, compressed, offset);
        if (size != uint.MaxValue && compressed != uint.MaxValue && offset != uint.MaxValue)
            return ((long)result.Size, (long)result.Compressed, (long)result.Offset);
        while (extra.Length >= 4)
        {
            var id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            var length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4) break;
            var field = extra.Slice(4, length);
            extra = extra[(4 + length)..];
            if (id != 1) continue;
            if (!Take(size, ref result.Size, ref field)
                || !Take(compressed, ref result.Compressed, ref field)
                || !Take(offset, ref result.Offset, ref field))
                break;
            if (result.Size > long.MaxValue || result.Compressed > long.MaxValue || result.Offset > long.MaxValue) break;
            return ((long)result.Size, (long)result.Compressed, (long)result.Offset);
        }

        throw Error(name, "its zip64 sizes are missing or invalid");
    }

    private static bool Take(uint marker, ref ulong value, ref ReadOnlySpan<byte> field)
    {
        if (marker != uint.MaxValue) return true;
        if (field.Length < 8) return false;
        value = BinaryPrimitives.ReadUInt64LittleEndian(field);
        field = field[8..];
        return true;
    }

    // Every byte before the directory belongs to one entry: what lies between, before or behind could be another archive, which other
    // programs would read.
    private void CheckTiling(List<Extent> extents, long directory)
    {
        extents.Sort((a, b) => a.Start.CompareTo(b.Start));
        long covered = 0;
        for (var i = 0; i < extents.Count; i++)
        {
            var extent = extents[i];
            if (extent.Start < covered) throw Error(extent.Name, $"overlaps entry '{extents[i - 1].Name}'");
            if (extent.Start > covered)
                throw Error(extent.Name, $"comes after {extent.Start - covered} bytes that belong to no entry: the archive is ambiguous");
            covered = extent.End;
            var next = i + 1 < extents.Count ? extents[i + 1].Start : directory;
            if (extent.HasDescriptor) covered += CheckDescriptor(_entries[extent.Name], extent.End, next - extent.End);
        }

        if (covered != directory)
            throw Error(
                null, $"the zip archive has {directory - covered} bytes before its directory that belong to no entry: it is ambiguous");
    }

    /// <summary>Checks the sizes and the checksum that stand behind an entry's bytes.</summary>
    /// <returns>How many bytes they take: with a signature or without, of 4 bytes a size or 8.</returns>
    private int CheckDescriptor(ZipEntry entry, long position, long room)
    {
        if (room is not (12 or 16 or 20 or 24)) throw Error(entry.Name, "its sizes, which stand behind its bytes, are cut or missing");
        // Twenty-four bytes at most.
        Span<byte> found = stackalloc byte[(int)room];
        _archive.ReadExactly(position, found, $"entry '{entry.Name}'");
        ReadOnlySpan<byte> rest = found;
        if (room is 16 or 24)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(rest) != 0x08074b50)
                throw Error(entry.Name, "its sizes, which stand behind its bytes, are damaged");
            rest = rest[4..];
        }

        var isWide = rest.Length == 20;
        var compressed = isWide ? BinaryPrimitives.ReadUInt64LittleEndian(rest[4..]) : BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
        var size = isWide ? BinaryPrimitives.ReadUInt64LittleEndian(rest[12..]) : BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(rest) != entry.Crc
            || compressed != (isWide ? (ulong)entry.CompressedSize : (uint)entry.CompressedSize)
            || size != (isWide ? (ulong)entry.Size : (uint)entry.Size))
            throw Error(entry.Name, "its sizes, which stand behind its bytes, and the central directory contradict each other (mismatch)");
        return (int)room;
    }

    private void CheckInflation()
    {
        long packed = 0;
        long inflated = 0;
        foreach (var entry in _entries.Values.Where(e => e.Deflated))
        {
            packed += entry.CompressedSize;
            inflated = Math.Min(entry.Size, long.MaxValue / 2 - inflated) + inflated;
            if (inflated > FreeInflation && inflated / MaxRatio > packed)
                throw Error(
                    entry.Name,
                    $"inflates to {entry.Size} bytes, a ratio beyond {MaxRatio}: a decompression bomb",
                    "If the file is genuine, write it again without compression.");
        }
    }

    private CheckpointException Error(string? entry, string problem, string? hint = null) =>
        new(_archive.Path, entry is null ? null : $"entry '{entry}'", problem, hint);

    /// <summary>Where an entry lies, from its header to its last byte.</summary>
    private sealed record Extent(long Start, long End, bool HasDescriptor, string Name);
}
