using Microsoft.Extensions.AI;

namespace Ark.Training;

/// <summary>Segments for many callers; a few images at a time are decoded and run, the others wait without taking memory.</summary>
/// <param name="model">The network; borrowed.</param>
/// <param name="decoder">Decodes images.</param>
/// <param name="concurrency">Images at a time.</param>
/// <param name="stretch">Whether grey levels are spread over the full range first.</param>
internal sealed class ArkSegmenter(LoadedSegmenter model, IImageDecoder decoder, int concurrency, bool stretch = false) : IArkSegmenter, IDisposable
{
    private readonly SemaphoreSlim _places = new(concurrency);
    private readonly CancellationTokenSource _stopping = new();
    private int _disposed;

    public IReadOnlyList<string> Structures => model.Structures;

    public Task<ImageSegmentation> SegmentAsync(DataContent image, CancellationToken cancellationToken = default) => SegmentAsync(image.ToImage(0), cancellationToken);

    public async Task<ImageSegmentation> SegmentAsync(ImageSource image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            await _places.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(ArkSegmenter), "The model is being shut down.");
        }

        try
        {
            // Away from the caller, which may be on a thread that must not be kept.
            return await Task.Run(() => Segment(image, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Refuses who waits, and lets who is being served end.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _stopping.Cancel();
        for (var i = 0; i < concurrency; i++) _places.Wait();
        // Not the semaphore: a late caller may still be about to ask it, and it holds no handle.
        _stopping.Dispose();
    }

    private ImageSegmentation Segment(ImageSource source, CancellationToken cancellationToken)
    {
        var image = source.Load(decoder);
        cancellationToken.ThrowIfCancellationRequested();
        return new ImageSegmentation(source.Name, image, model.Structures, model.Segment(image, stretch));
    }
}
