using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Ark.Data;

/// <summary>
/// Reads samples in batches. Worker threads decode and transform ahead of the consumer, as far as <see cref="BatchLoaderOptions.Prefetch"/>
/// allows; the order and every random draw depend on seed, epoch, dataset and sample alone, never on the number of workers. A slow image
/// holds up its own batch while the workers go on with the next ones. Thread-safe: several readings may run at once.
/// </summary>
public sealed class BatchLoader
{
    private readonly IReadOnlyList<ImageSample> _samples;
    private readonly IImageTransform _transform;
    private readonly IImageDecoder _decoder;
    private readonly BatchLoaderOptions _options;
    private readonly int _labels;
    private readonly int _imageLength;
    private readonly int _prefetch;
    private readonly BatchBufferPool _pool;
    private readonly ConcurrentDictionary<int, bool> _reported = new();

    /// <summary>Creates a loader.</summary>
    /// <param name="samples">What to read; at least one, all with the same number of targets.</param>
    /// <param name="transform">Makes the views of an image.</param>
    /// <param name="decoder">Decodes images.</param>
    /// <param name="options">How to read; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException">There are no samples, their targets differ in number, or a batch would be larger than an array can be.</exception>
    public BatchLoader(IReadOnlyList<ImageSample> samples, IImageTransform transform, IImageDecoder decoder, BatchLoaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(samples);
        ArgumentNullException.ThrowIfNull(transform);
        ArgumentNullException.ThrowIfNull(decoder);
        _options = options ?? new BatchLoaderOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.BatchSize, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Workers, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Prefetch ?? 1, 1, nameof(options));
        if (samples.Count == 0) throw new ArgumentException("There is no sample to read.", nameof(samples));
        _labels = samples[0].Targets.Length;
        if (samples.Any(s => s.Targets.Length != _labels)) throw new ArgumentException("The samples have different numbers of targets.", nameof(samples));
        var length = (long)transform.Views * 3 * transform.Height * transform.Width;
        if (length * Math.Min(_options.BatchSize, samples.Count) > Array.MaxLength) throw new ArgumentException($"A batch of {_options.BatchSize} images is larger than an array can be.", nameof(options));
        _pool = _options.Pool ?? new BatchBufferPool();
        _samples = samples;
        _transform = transform;
        _decoder = decoder;
        _imageLength = (int)length;
        _prefetch = _options.Prefetch ?? Math.Max(2, (int)Math.Min(int.MaxValue, ((2L * _options.Workers) + _options.BatchSize - 1) / _options.BatchSize));
    }

    /// <summary>The number of batches of an epoch (with <see cref="BadImagePolicy.Skip"/> fewer may come, should all images of one be bad).</summary>
    public int BatchCount => _options.DropLast ? _samples.Count / _options.BatchSize : (int)(((long)_samples.Count + _options.BatchSize - 1) / _options.BatchSize);

    /// <summary>Reads every sample once; see <see cref="ReadAsync(ulong, int, CancellationToken)"/>.</summary>
    /// <param name="epoch">Names the epoch.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The batches; the consumer disposes each.</returns>
    public IAsyncEnumerable<Batch> ReadAsync(ulong epoch, CancellationToken cancellationToken = default) => ReadAsync(epoch, 0, cancellationToken);

    /// <summary>Reads every sample once, or those behind the first batches. Ending early, by cancellation or by leaving the loop, waits for the images that are being decoded.</summary>
    /// <param name="epoch">Names the epoch: its order (with <see cref="BatchLoaderOptions.Shuffle"/>) and its random draws.</param>
    /// <param name="firstBatch">Batches to pass over, undecoded: a resumed epoch goes on where it was left.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    /// <returns>The batches; the consumer disposes each.</returns>
    /// <exception cref="ArkInputException">An image cannot be read (thrown when its batch is due), or with <see cref="BadImagePolicy.Skip"/> none can.</exception>
    /// <exception cref="OperationCanceledException">The reading was cancelled.</exception>
    public async IAsyncEnumerable<Batch> ReadAsync(ulong epoch, int firstBatch, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstBatch);
        cancellationToken.ThrowIfCancellationRequested();
        var order = Order(epoch);
        var batches = BatchCount;
        var slots = new Queue<BatchSlot>();
        using var work = new BlockingCollection<(BatchSlot Slot, int Position)>();
        using var stop = new CancellationTokenSource();
        var workers = StartWorkers(work, epoch, stop.Token);
        var yielded = 0;
        try
        {
            var opened = firstBatch;
            for (var b = firstBatch; b < batches; b++)
            {
                for (; opened < batches && opened - b < _prefetch; opened++) slots.Enqueue(Open(order, opened, work));
                if (opened == batches && !work.IsAddingCompleted) work.CompleteAdding();
                await slots.Peek().Filled.WaitAsync(cancellationToken).ConfigureAwait(false);
                // The slot leaves the queue only now, so that a cancelled wait still returns its buffers.
                if (Collect(slots.Dequeue(), b) is not { } batch) continue;
                yielded++;
                yield return batch;
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await workers.ConfigureAwait(false);
            foreach (var slot in slots) _pool.Return(slot.Images);
        }

        // Of a pass that is gone on with, images were read before.
        if (yielded == 0 && firstBatch == 0 && batches > 0) throw new ArkInputException(_options.Source ?? "the dataset", null, $"none of its {_samples.Count} images can be read", "See the reasons reported for each image.");
    }

    private int[] Order(ulong epoch)
    {
        var order = new int[_samples.Count];
        for (var i = 0; i < order.Length; i++) order[i] = i;
        if (_options.Shuffle) new RandomStream(_options.Seed, epoch, _options.DatasetKey).Shuffle<int>(order);
        return order;
    }

    private BatchSlot Open(int[] order, int batch, BlockingCollection<(BatchSlot Slot, int Position)> work)
    {
        var first = batch * _options.BatchSize;
        var indices = order.AsSpan(first, Math.Min(_options.BatchSize, order.Length - first)).ToArray();
        // Always the length of a full batch, so that the short last one reuses a buffer too.
        var full = Math.Min(_options.BatchSize, _samples.Count);
        var slot = new BatchSlot(indices, _pool.Rent(full * _imageLength), new float[indices.Length * _labels]);
        for (var i = 0; i < indices.Length; i++) work.Add((slot, i), CancellationToken.None);
        return slot;
    }

    // Threads of their own: decoding blocks, and would starve the pool that the host's other work runs on.
    private Task StartWorkers(BlockingCollection<(BatchSlot Slot, int Position)> work, ulong epoch, CancellationToken stop)
    {
        var count = Math.Min(_options.Workers, _samples.Count);
        var ended = new Task[count];
        for (var w = 0; w < count; w++)
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ended[w] = end.Task;
            var thread = new Thread(() =>
            {
                Work(work, epoch, stop);
                end.SetResult();
            })
            {
                IsBackground = true,
                Name = $"ark-loader-{w}",
            };
            thread.Start();
        }

        return Task.WhenAll(ended);
    }

    private void Work(BlockingCollection<(BatchSlot Slot, int Position)> work, ulong epoch, CancellationToken stop)
    {
        try
        {
            foreach (var (slot, position) in work.GetConsumingEnumerable(stop)) slot.Finish(position, Prepare(slot, position, epoch));
        }
        catch (OperationCanceledException)
        {
            // The reading has ended; what is left in the queue is not wanted any more.
        }
    }

    private Exception? Prepare(BatchSlot slot, int position, ulong epoch)
    {
        var index = slot.Indices[position];
        try
        {
            var sample = _samples[index];
            var random = new RandomStream(_options.Seed, epoch, _options.DatasetKey, (ulong)index);
            var views = slot.Images.AsSpan(position * _imageLength, _imageLength);
            // Only files are worth it: an array's pictures are in memory already.
            if (_options.Cache is { } cache && _transform is IPreparingTransform preparing && sample.Image is ImageFile file)
                preparing.ApplyPrepared(cache.GetOrAdd(file.Name, _decoder, preparing), random, views);
            else
                _transform.Apply(sample.Image.Load(_decoder), random, views);
            sample.Targets.CopyTo(slot.Targets, position * _labels);
            return null;
        }
        catch (Exception e)
        {
            // Nothing is swallowed: the consumer throws it when the batch is due. Thrown here it would end the process.
            return e;
        }
    }

    // Closes the gaps that skipped images leave; null where nothing is left.
    private Batch? Collect(BatchSlot slot, int number)
    {
        var kept = new List<int>(slot.Indices.Length);
        try
        {
            for (var i = 0; i < slot.Indices.Length; i++)
            {
                if (slot.FailureAt(i) is { } failure)
                {
                    Fail(slot.Indices[i], failure);
                    continue;
                }

                if (kept.Count < i)
                {
                    slot.Images.AsSpan(i * _imageLength, _imageLength).CopyTo(slot.Images.AsSpan(kept.Count * _imageLength));
                    slot.Targets.AsSpan(i * _labels, _labels).CopyTo(slot.Targets.AsSpan(kept.Count * _labels));
                }

                kept.Add(slot.Indices[i]);
            }
        }
        catch
        {
            _pool.Return(slot.Images);
            throw;
        }

        if (kept.Count > 0) return new Batch(slot, number, kept, _transform, _labels, _pool);
        _pool.Return(slot.Images);
        return null;
    }

    private void Fail(int index, Exception failure)
    {
        if (failure is not ArkInputException bad) ExceptionDispatchInfo.Throw(failure);
        else if (_options.BadImages == BadImagePolicy.Stop) throw Listed(bad);
        else if (_reported.TryAdd(index, true)) _options.OnSkipped?.Invoke(new SkippedImage(index, _samples[index].Image.Name, bad.Message));
    }

    private ArkInputException Listed(ArkInputException bad) => _options.Source is null
        ? bad
        : new ArkInputException(bad.InputSource, bad.Place, $"{bad.Problem} (an image of '{_options.Source}')", bad.Mend ?? "Replace or remove it, or choose to skip bad images.", bad);
}
