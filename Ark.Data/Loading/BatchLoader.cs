using System.Runtime.CompilerServices;

namespace Ark.Data;

/// <summary>
/// Reads samples in batches. Worker threads decode and transform ahead of the consumer, as far as <see cref="BatchLoaderOptions.Prefetch"/>
/// allows; the order and every random draw depend on seed, epoch, dataset and sample alone, never on the number of workers. A slow image
/// holds up its own batch while the workers go on with the next ones. Thread-safe: several readings may run at once.
/// </summary>
internal sealed class BatchLoader
{
    private readonly IReadOnlyList<ImageSample> _samples;
    private readonly IImageTransform _transform;
    private readonly IImageDecoder _decoder;
    private readonly BatchLoaderOptions _options;
    private readonly int _labels;
    private readonly SampleReader _reader;

    /// <summary>Creates a loader.</summary>
    /// <param name="samples">What to read; at least one, all with the same number of targets.</param>
    /// <param name="transform">Makes the views of an image.</param>
    /// <param name="decoder">Decodes images.</param>
    /// <param name="options">How to read; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException">There are no samples, their targets differ in number, or a batch would be larger than an array
    /// can be.</exception>
    public BatchLoader(
        IReadOnlyList<ImageSample> samples, IImageTransform transform, IImageDecoder decoder, BatchLoaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(transform);
        ArgumentNullException.ThrowIfNull(decoder);
        _options = options ?? new BatchLoaderOptions();
        if (samples.Count == 0) throw new ArgumentException("There is no sample to read.", nameof(samples));
        _labels = samples[0].Targets.Length;
        if (samples.Any(s => s.Targets.Length != _labels))
            throw new ArgumentException("The samples have different numbers of targets.", nameof(samples));
        _samples = samples;
        _transform = transform;
        _decoder = decoder;
        var length = (long)transform.Views * 3 * transform.Height * transform.Width;
        _reader = new SampleReader(samples.Count, length, _labels, i => samples[i].Image.Name, _options, new BatchBufferPool());
    }

    /// <summary>
    /// The number of batches of an epoch (with <see cref="BadImagePolicy.Skip"/> fewer may come, should all images of one be bad).
    /// </summary>
    public int BatchCount =>
        _options.DropLast
            ? _samples.Count / _options.BatchSize
            : (int)(((long)_samples.Count + _options.BatchSize - 1) / _options.BatchSize);

    /// <summary>Reads every sample once; see <see cref="ReadAsync(ulong, int, CancellationToken)"/>.</summary>
    /// <param name="epoch">Names the epoch.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The batches; the consumer disposes each.</returns>
    public IAsyncEnumerable<Batch> ReadAsync(ulong epoch, CancellationToken cancellationToken = default) =>
        ReadAsync(epoch, 0, cancellationToken);

    /// <summary>
    /// Reads every sample once, or those behind the first batches. Ending early, by cancellation or by leaving the loop, waits for the
    /// images that are being decoded.
    /// </summary>
    /// <param name="epoch">Names the epoch: its order (with <see cref="BatchLoaderOptions.Shuffle"/>) and its random draws.</param>
    /// <param name="firstBatch">Batches to pass over, undecoded: a resumed epoch goes on where it was left.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The batches; the consumer disposes each.</returns>
    /// <exception cref="ArkInputException">An image cannot be read (thrown when its batch is due), or with
    /// <see cref="BadImagePolicy.Skip"/> none can.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public async IAsyncEnumerable<Batch> ReadAsync(
        ulong epoch, int firstBatch, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstBatch);
        cancellationToken.ThrowIfCancellationRequested();
        var pass = new ReadingPass(Order(epoch), BatchCount, (index, image, targets) => Write(epoch, index, image, targets))
        {
            FirstBatch = firstBatch,
        };
        await foreach (var batch in _reader.ReadAsync(pass, cancellationToken).ConfigureAwait(false))
            yield return new Batch(batch, _transform, _labels);
    }

    private int[] Order(ulong epoch)
    {
        var order = new int[_samples.Count];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        if (_options.Shuffle) new RandomStream(_options.Seed, epoch, _options.DatasetKey).Shuffle<int>(order);
        return order;
    }

    private void Write(ulong epoch, int index, Span<float> views, Span<float> targets)
    {
        var sample = _samples[index];
        var random = new RandomStream(_options.Seed, epoch, _options.DatasetKey, (ulong)index);
        // Only files are worth it: an array's pictures are in memory already.
        if (_options.Cache is { } cache && _transform is IPreparingTransform preparing && sample.Image is ImageFile file)
        {
            var prepared = cache.GetOrAdd(file.Name, _decoder, preparing.Preparation, preparing.PreparedSize, preparing.Prepare);
            preparing.ApplyPrepared(prepared, random, views);
        }
        else
        {
            _transform.Apply(sample.Image.Load(_decoder), random, views);
        }

        sample.Targets.CopyTo(targets);
    }
}
