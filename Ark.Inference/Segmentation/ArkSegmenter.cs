using Microsoft.Extensions.AI;

namespace Ark.Inference;

/// <summary>Segments for many callers; a few images at a time are decoded and run, the others wait without taking memory.</summary>
/// <param name="model">The network; borrowed.</param>
/// <param name="decoder">Decodes images.</param>
/// <param name="concurrency">Images at a time.</param>
/// <param name="stretch">Whether grey levels are spread over the full range first.</param>
/// <param name="raw">Whether masks are left as the network finds them.</param>
/// <param name="budget">What a host may decode at a time; without one only <paramref name="concurrency"/> bounds it.</param>
/// <param name="watch">Measures and logs.</param>
internal sealed class ArkSegmenter(
    LoadedSegmenter model, IImageDecoder decoder, int concurrency, bool stretch = false, bool raw = false,
    DecodingBudget? budget = null, ServingTelemetry? watch = null) : IArkSegmenter, IDisposable
{
    private readonly DecodingBudget _budget = budget ?? new DecodingBudget(long.MaxValue, new ServingInstruments());
    private readonly ServingTelemetry _watch = watch ?? new ServingTelemetry("segmenter", new ServingInstruments());
    private readonly SemaphoreSlim _places = new(concurrency);
    private readonly CancellationTokenSource _stopping = new();
    private int _disposed;

    public IReadOnlyList<string> Structures => model.Structures;

    public Task<ImageSegmentation> SegmentAsync(DataContent image, CancellationToken cancellationToken = default) =>
        SegmentAsync(image.ToImage(0), cancellationToken);

    public Task<ImageSegmentation> SegmentAsync(ImageSource image, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        return _watch.RunAsync(asked => SegmentAsync(image, asked, cancellationToken));
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

    private async Task<ImageSegmentation> SegmentAsync(ImageSource image, long asked, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        _watch.Joined();
        try
        {
            await _places.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(ArkSegmenter), "The model is being shut down.");
        }
        finally
        {
            _watch.Left();
        }

        try
        {
            // Away from the caller, which may be on a thread that must not be kept.
            return await Task.Run(() => Segment(image, asked, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _places.Release();
        }
    }

    private ImageSegmentation Segment(ImageSource source, long asked, CancellationToken cancellationToken)
    {
        using var lease = _budget.Lend(cancellationToken);
        var image = source.Load(lease.Through(decoder));
        cancellationToken.ThrowIfCancellationRequested();
        // The scores of a structure, twice over, and every structure's mask.
        lease.Add((long)image.Width * image.Height * (8 + Structures.Count));
        _watch.Began([asked]);
        try
        {
            var masks = ComputeThread.Run(() => model.Segment(image, stretch, raw, cancellationToken), cancellationToken);
            return new ImageSegmentation(source.Name, image, model.Structures, masks);
        }
        catch (Exception e) when (e is not ArkInputException and not OperationCanceledException)
        {
            _watch.Failed(e, 1);
            throw;
        }
    }
}
