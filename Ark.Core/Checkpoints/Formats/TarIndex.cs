using System.Text;

namespace Ark;

/// <summary>The plain files of a tar archive by name. Links, devices and extended names are refused.</summary>
internal sealed class TarIndex
{
    private const int Block = 512;
    private const int MaxFiles = 1000;

    /// <summary>Names and where their bytes lie.</summary>
    public Dictionary<string, FileSlice> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether bytes are a tar header, by its checksum.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> header)
    {
        if (header.Length < Block || header[0] == 0 || ParseOctal(header.Slice(148, 8)) is not { } expected) return false;
        long sum = 8 * ' ';
        for (var i = 0; i < Block; i++)
            if (i is < 148 or >= 156) sum += header[i];
        return sum == expected;
    }

    public static TarIndex Read(FileSlice archive)
    {
        var index = new TarIndex();
        var header = new byte[Block];
        for (long position = 0; position + Block <= archive.Length;)
        {
            archive.ReadExactly(position, header, "tar header");
            if (!header.AsSpan().ContainsAnyExcept((byte)0)) break;
            if (!IsHeader(header))
                throw new CheckpointException(archive.Path, $"tar header at byte {position}", "is corrupt: its checksum is invalid");
            var name = Encoding.UTF8.GetString(header.AsSpan(0, 100)).TrimEnd('\0');
            var size = ParseOctal(header.AsSpan(124, 12))
                ?? throw new CheckpointException(archive.Path, $"tar entry '{name}'", "has an invalid size");
            position += Block;
            if (size > archive.Length - position)
                throw new CheckpointException(
                    archive.Path, $"tar entry '{name}'", $"is truncated: {size} bytes, {archive.Length - position} are left");
            index.Add(archive, name, header[156], position, size);
            position += (size + Block - 1) / Block * Block;
        }

        return index;
    }

    private void Add(FileSlice archive, string name, byte kind, long position, long size)
    {
        switch ((char)kind)
        {
            case '0' or '\0':
                if (Files.Count == MaxFiles)
                    throw new CheckpointException(archive.Path, null, $"is a tar archive of more than {MaxFiles} files: not a checkpoint");
                var plain = name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;
                if (!Files.TryAdd(plain, archive.Slice(position, size)))
                    throw new CheckpointException(archive.Path, $"tar entry '{name}'", "is a duplicate");
                break;
            case '5' or 'x' or 'g': // Folders, and attributes that do not matter here.
                break;
            default:
                throw new CheckpointException(archive.Path, $"tar entry '{name}'", $"is of the unsupported tar type '{(char)kind}'");
        }
    }

    private static long? ParseOctal(ReadOnlySpan<byte> field)
    {
        var text = field.Trim((byte)' ').TrimEnd((byte)0).Trim((byte)' ');
        if (text.Length == 0) return null;
        long value = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'7') return null;
            value = (value * 8) + (digit - '0');
        }

        return value;
    }
}
