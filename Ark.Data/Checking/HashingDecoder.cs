using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Ark.Data;

/// <summary>Decodes, and keeps a hash of the bytes that it decoded. For one image on one thread.</summary>
/// <param name="inner">Decodes.</param>
internal sealed class HashingDecoder(IImageDecoder inner) : IImageDecoder
{
    // Larger files are the inner decoder's to refuse or to read; they are told apart by their pixels.
    private const long MaxBytes = 128L << 20;

    private UInt128? _hash;

    /// <summary>What decodes.</summary>
    public IImageDecoder Inner => inner;

    /// <summary>The hash of the encoded bytes; of the pixels where nothing was decoded, or too much.</summary>
    public UInt128 HashOf(RasterImage image) => _hash ?? HashOf((ReadOnlySpan<byte>)image.Pixels);

    /// <inheritdoc/>
    public RasterImage Decode(ReadOnlyMemory<byte> encoded, string name)
    {
        _hash = HashOf(encoded.Span);
        return inner.Decode(encoded, name);
    }

    /// <inheritdoc/>
    public RasterImage DecodeFile(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists || file.Length > MaxBytes) return inner.DecodeFile(path);
        byte[] bytes;
        RegularFile.Require(path);
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Read again there, for the words of that decoder.
            return inner.DecodeFile(path);
        }

        return Decode(bytes, path);
    }

    private static UInt128 HashOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
