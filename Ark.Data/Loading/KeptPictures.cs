using System.Collections.Concurrent;

namespace Ark.Data;

/// <summary>
/// Keeps resized pictures with their masks in memory, up to a limit, so that later epochs decode nothing. Shared by the loaders of a
/// training, which all want one size. Nothing is ever dropped; what finds no room is decoded every time. Thread-safe.
/// </summary>
/// <param name="most">The limit in bytes.</param>
internal sealed class KeptPictures(long most = KeptPictures.MaxBytes)
{
    /// <summary>The limit of a training, in bytes: 1 GiB, which is about 1,000 grey pictures of 448 pixels, or 4,000 of 224.</summary>
    public const long MaxBytes = 1L << 30;

    private readonly ConcurrentDictionary<SegmentationSample, PreparedPicture> _kept = new(ReferenceEqualityComparer.Instance);
    private long _bytes;

    /// <summary>How many are kept.</summary>
    public int Count => _kept.Count;

    /// <summary>A sample's picture: kept, or prepared and then kept where there is room.</summary>
    public PreparedPicture GetOrAdd(SegmentationSample sample, Func<SegmentationSample, PreparedPicture> prepare)
    {
        if (_kept.TryGetValue(sample, out var kept)) return kept;
        var picture = prepare(sample);
        if (Interlocked.Add(ref _bytes, picture.Size) > most || !_kept.TryAdd(sample, picture)) Interlocked.Add(ref _bytes, -picture.Size);
        return picture;
    }
}
