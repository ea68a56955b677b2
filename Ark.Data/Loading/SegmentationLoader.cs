namespace Ark.Data;

/// <summary>
/// Reads images with their masks in batches. Order and draws depend on seed, epoch and sample alone, never on the number of workers.
/// </summary>
internal sealed class SegmentationLoader
{
    private readonly IReadOnlyList<SegmentationSample> _samples;
    private readonly SegmentationTransform _transform;
    private readonly IImageDecoder _decoder;
    private readonly BatchLoaderOptions _options;
    private readonly KeptPictures _kept;
    private readonly SampleReader _reader;

    /// <summary>Creates a loader.</summary>
    /// <param name="samples">What to read; at least one.</param>
    /// <param name="transform">Makes input and target.</param>
    /// <param name="decoder">Decodes images and masks.</param>
    /// <param name="options">How to read. The pool is for images and masks; the order is that of the method, not of the options.</param>
    /// <param name="kept">Keeps pictures from pass to pass.</param>
    /// <exception cref="ArgumentException">A batch would be larger than an array can be.</exception>
    public SegmentationLoader(
        IReadOnlyList<SegmentationSample> samples, SegmentationTransform transform, IImageDecoder decoder, BatchLoaderOptions options,
        KeptPictures kept)
    {
        (_samples, _transform, _decoder, _kept) = (samples, transform, decoder, kept);
        _options = options with { Pool = options.Pool ?? new BatchBufferPool() };
        var (pixels, masks) = (3L * transform.Size.Pixels, (long)transform.Structures * transform.Size.Pixels);
        _reader = new SampleReader(samples.Count, pixels, masks, i => samples[i].Image.Name, _options, _options.Pool);
    }

    /// <summary>
    /// Steps of an epoch. A last batch of one sample is left out: batch normalization over one pooled value is undefined. For the same
    /// reason a batch of which bad images leave a single sample is passed over, and its step has a number but is not made.
    /// </summary>
    public int TrainingBatchCount => (_samples.Count / _options.BatchSize) + (_samples.Count % _options.BatchSize > 1 ? 1 : 0);

    /// <summary>One epoch in its own order.</summary>
    /// <param name="epoch">Names order and draws.</param>
    /// <param name="firstBatch">Batches to pass over: a resumed epoch goes on where it was left.</param>
    /// <param name="augment">Whether samples are changed.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The batches, of two samples at least; the consumer disposes each.</returns>
    /// <exception cref="ArkInputException">As of <see cref="SampleReader.ReadAsync"/>.</exception>
    public IEnumerable<LoadedBatch> ReadForTraining(int epoch, int firstBatch, bool augment, CancellationToken cancellationToken)
    {
        int[] order = [.. Enumerable.Range(0, _samples.Count)];
        new RandomStream(_options.Seed, RandomStreams.SegmentationOrder, (ulong)epoch).Shuffle<int>(order);
        var pass = new ReadingPass(order, TrainingBatchCount, (index, image, masks) =>
            Write(index, augment
                ? new RandomStream(_options.Seed, RandomStreams.SegmentationChanges, (ulong)epoch, (ulong)index)
                : null, image, masks))
        {
            FirstBatch = firstBatch,
            MinBatch = 2,
        };
        return _reader.ReadAsync(pass, cancellationToken).ToBlockingEnumerable(cancellationToken);
    }

    /// <summary>Every sample in list order, as it is.</summary>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The batches; the consumer disposes each.</returns>
    /// <exception cref="ArkInputException">As of <see cref="SampleReader.ReadAsync"/>.</exception>
    public IEnumerable<LoadedBatch> ReadInOrder(CancellationToken cancellationToken)
    {
        var batches = (int)(((long)_samples.Count + _options.BatchSize - 1) / _options.BatchSize);
        var pass = new ReadingPass([.. Enumerable.Range(0, _samples.Count)], batches, (index, image, masks) =>
            Write(index, null, image, masks));
        return _reader.ReadAsync(pass, cancellationToken).ToBlockingEnumerable(cancellationToken);
    }

    private void Write(int index, RandomStream? random, Span<float> image, Span<float> masks)
    {
        var picture = _kept.GetOrAdd(_samples[index], sample => CachedPicture.Of(sample, _decoder, _transform.Size, _options.Cache));
        _transform.Write(picture, random, image, masks);
    }
}
