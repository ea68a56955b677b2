namespace Ark.Data;

/// <summary>An image that is kept. Its checksum is computed the first time that it is read.</summary>
internal sealed class CacheEntry(CacheSegment segment, CacheRecord record, long payload)
{
    private volatile bool _checked;

    /// <summary>Whether its head says that the picture is of a size.</summary>
    public bool IsOf(ViewSize size) => record.Width == size.Width && record.Height == size.Height;

    /// <summary>The picture; <see langword="null"/> where its bytes are not those that were written.</summary>
    public RasterImage? Read()
    {
        var pixels = GC.AllocateUninitializedArray<byte>((int)record.PayloadLength);
        if (!segment.TryRead(payload, pixels)) return null;
        if (!_checked)
        {
            if (Crc32.Append(pixels) != record.Checksum) return null;
            _checked = true;
        }

        return new RasterImage(record.Width, record.Height, record.Channels, pixels);
    }
}
