namespace Ark;

/// <summary>One file inside a zip archive, after its two headers have been found to agree.</summary>
/// <param name="Name">Its name, with forward slashes.</param>
/// <param name="Crc">CRC-32 of its uncompressed bytes.</param>
/// <param name="CompressedSize">Bytes in the archive.</param>
/// <param name="Size">Bytes after decompression.</param>
/// <param name="Deflated">Whether it is compressed.</param>
/// <param name="Start">Where its bytes begin in the archive.</param>
internal sealed record ZipEntry(string Name, uint Crc, long CompressedSize, long Size, bool Deflated, long Start)
{
    /// <summary>The entry's bytes.</summary>
    public StorageBytes Bytes(FileSlice archive, bool verify) =>
        new(archive.Slice(Start, CompressedSize), Size, Deflated, verify ? Crc : null, $"entry '{Name}'");
}
